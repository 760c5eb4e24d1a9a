# The centre: review API, evidence store, case feed, console. Build from the repository's root:
#   docker build -f docker/api.Dockerfile -t streetcase-api .
# Runs as an ordinary user; what it writes lies under /var/lib/streetcase. linux/amd64 and linux/arm64.

FROM python:3.12.13-slim-bookworm AS build
WORKDIR /src
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/streetcase
COPY constraints.txt pyproject.toml README.md LICENSE ./
COPY docker/api_needs.py docker/
# Before our own code, so that a change of it does not install everything anew.
RUN python docker/api_needs.py pyproject.toml > /tmp/needs \
 && /opt/streetcase/bin/pip install -c constraints.txt -r /tmp/needs
COPY pipeline pipeline
COPY edge edge
COPY api api
RUN /opt/streetcase/bin/pip install --no-deps -c constraints.txt . \
 && rm -rf /opt/streetcase/lib/python3.12/site-packages/edge \
 && /opt/streetcase/bin/python -m api openapi > api/console/openapi.json

# The pages are the same on every processor, so they are built on the builder's own.
FROM --platform=$BUILDPLATFORM node:24.15.0-bookworm-slim AS console
WORKDIR /src/api/console
COPY api/console/package.json api/console/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY api/console ./
COPY --from=build /src/api/console/openapi.json ./
RUN npm run types && npm run build

FROM python:3.12.13-slim-bookworm
# /srv/evidence is empty: a new volume that is mounted there takes its owner (compose.yaml).
RUN useradd --system --uid 10001 --user-group --home-dir /var/lib/streetcase --create-home streetcase \
 && install --directory --owner=streetcase --group=streetcase /srv/evidence
COPY --from=build /opt/streetcase /opt/streetcase
COPY --from=console /src/api/console/dist /opt/streetcase/lib/python3.12/site-packages/api/console/dist
COPY docker/health.py /opt/streetcase/health.py
ENV PATH=/opt/streetcase/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001
WORKDIR /var/lib/streetcase
VOLUME /var/lib/streetcase
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=4 \
  CMD ["python", "/opt/streetcase/health.py", "http://127.0.0.1:8080/health"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["python", "-m", "api"]
CMD ["--settings", "/etc/streetcase/api.toml", "serve"]
