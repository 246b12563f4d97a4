"""Changes how pictures look, and leaves one open.

Ends: ok
"""

import matplotlib
import matplotlib.pyplot as plt

matplotlib.rcParams["figure.dpi"] = 7
plt.figure()
# ---- the next job ----
import matplotlib
import matplotlib.pyplot as plt

if matplotlib.rcParams["figure.dpi"] == 7 or plt.get_fignums():
    breach("settings or a figure of the earlier job are here")
