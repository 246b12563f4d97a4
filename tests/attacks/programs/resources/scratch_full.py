"""Fills the scratch folder.

Ends: user_code_failed
"""

for index in range(64):
    with open(f"/tmp/{index}", "wb") as file:
        for _ in range(32):
            file.write(b"x" * 2**20)
breach("wrote 2 GiB")
