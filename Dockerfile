# syntax=docker/dockerfile:1
# One image for the code server, the daemon and the web server: deploy/compose.yaml gives each its
# command. It stands here, not in deploy/, because `dg plus deploy` looks for it beside build.yaml.

FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
RUN python -m venv /opt/lake
ENV PATH=/opt/lake/bin:$PATH
WORKDIR /app

# What the code needs comes first: it changes less often than the code.
# `plus` is what an agent of Dagster+ wants to find; add `spark`, or another, with --build-arg.
ARG EXTRAS=production,plus
COPY pyproject.toml constraints.txt ./
RUN python -c 'import sys, tomllib; \
project = tomllib.load(open("pyproject.toml", "rb"))["project"]; \
extras = project["optional-dependencies"]; \
print(*project["dependencies"], *(each for name in sys.argv[1].split(",") for each in extras[name]), sep="\n")' \
    "$EXTRAS" > /tmp/requirements.txt \
    && pip install --constraint constraints.txt --requirement /tmp/requirements.txt

COPY README.md LICENSE NOTICE ./
COPY lake_assets ./lake_assets
RUN pip install --no-deps --editable .


FROM python:3.11-slim-bookworm
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /app lake \
    && install --directory --owner lake --group lake /opt/dagster /var/lib/lakes
ENV PATH=/opt/lake/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DAGSTER_HOME=/opt/dagster
COPY --from=build /opt/lake /opt/lake
COPY --from=build /app /app
COPY deploy/dagster.yaml deploy/workspace.yaml /opt/dagster/
WORKDIR /app
USER lake
EXPOSE 4000
HEALTHCHECK --interval=30s --timeout=20s --start-period=60s \
    CMD ["dagster", "api", "grpc-health-check", "--port", "4000"]
CMD ["dagster", "api", "grpc", "--host", "0.0.0.0", "--port", "4000", "--module-name", "lake_assets.definitions"]
