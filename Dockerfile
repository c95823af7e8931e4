# One image for every service: `docker run hotline serve intake`. Plain instructions only, so that
# the classic builder and BuildKit make the same image.
ARG BASE=python:3.13-slim
FROM ${BASE} AS build
ENV UV_PROJECT_ENVIRONMENT=/app/.venv UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1
RUN ["python3", "-m", "pip", "install", "--no-cache-dir", "uv==0.13.9"]
WORKDIR /app
COPY pyproject.toml uv.lock ./
RUN ["python3", "-m", "uv", "sync", "--locked", "--no-dev", "--no-group", "stack", "--no-install-project"]
COPY README.md LICENSE ./
COPY hotline hotline/
COPY services services/
RUN ["python3", "-m", "uv", "sync", "--locked", "--no-dev", "--no-group", "stack", "--no-editable"]
RUN ["mkdir", "/app/run"]

FROM ${BASE}
COPY --from=build /app/.venv /app/.venv
# The one place that is written to, if anything is: the root file system may be read-only.
COPY --from=build --chown=10001:10001 /app/run /var/lib/hotline
ENV PATH=/app/.venv/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOTLINE_HTTP_HOST=0.0.0.0 \
    HOTLINE_HTTP_PORT=8000 \
    HOTLINE_RUN_DIR=/var/lib/hotline
USER 10001:10001
WORKDIR /var/lib/hotline
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["hotline", "ready"]
ENTRYPOINT ["hotline"]
CMD ["--help"]
