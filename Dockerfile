# jax-workbench as a container that serves on stdin and stdout.
# Not built where it was written: there was no Docker engine. docs/security.md says what the container
# must be allowed so that jobs get the full jail, and what happens when it is not.
FROM python:3.13-slim AS wheel
WORKDIR /src
COPY . .
# Only here is something fetched beside the locks, the build backend; it does not reach the image.
RUN python -m pip wheel --no-deps --wheel-dir /dist .

FROM python:3.13-slim
COPY requirements.lock /tmp/
RUN python -m pip install --no-cache-dir --require-hashes --requirement /tmp/requirements.lock
COPY --from=wheel /dist /tmp/dist
RUN python -m pip install --no-cache-dir --no-deps /tmp/dist/*.whl \
    && rm -r /tmp/dist /tmp/requirements.lock \
    && useradd --create-home workbench
USER workbench
WORKDIR /home/workbench
ENTRYPOINT ["jax-workbench"]
CMD ["serve"]
