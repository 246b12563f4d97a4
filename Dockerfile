# jax-workbench as a container. docs/containers.md has the lines to run it with, script/image builds and
# tries it. EXTRA is cuda12, cuda13 or tpu, or empty for the CPU.
ARG BASE=docker.io/library/python:3.13-slim

FROM ${BASE} AS build
ARG EXTRA=""
WORKDIR /src
RUN python -m venv /opt/jax-workbench
COPY requirements*.lock ./
RUN /opt/jax-workbench/bin/python -m pip install --no-cache-dir --require-hashes \
    --requirement requirements.lock ${EXTRA:+--requirement requirements-${EXTRA}.lock}
COPY pyproject.toml README.md LICENSE ./
COPY server server
COPY tools tools
COPY sandbox sandbox
# Only here is something fetched beside the locks, the build backend; it does not reach the image.
RUN python -m pip wheel --no-cache-dir --no-deps --wheel-dir /dist . \
    && /opt/jax-workbench/bin/python -m pip install --no-cache-dir --no-deps /dist/*.whl \
    && /opt/jax-workbench/bin/python -m pip uninstall --yes pip

FROM ${BASE}
LABEL io.modelcontextprotocol.server.name="io.github.jax-workbench/jax-workbench" \
    org.opencontainers.image.title="jax-workbench" \
    org.opencontainers.image.description="Measured facts about JAX code for AI assistants, over the Model Context Protocol." \
    org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/jax-workbench /opt/jax-workbench
RUN mkdir /state && chown 10001:10001 /state
ENV PATH=/opt/jax-workbench/bin:$PATH \
    HOME=/tmp \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    JAX_WORKBENCH_STATE_DIR=/state
USER 10001:10001
WORKDIR /tmp
# Runs are kept there; all else is read-only, but for a tmpfs on /tmp.
VOLUME /state
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s CMD ["jax-workbench", "health"]
ENTRYPOINT ["jax-workbench"]
CMD ["serve"]
