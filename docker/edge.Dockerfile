# A box: many cameras, evidence, outbox, uplink. Build from the repository's root:
#   docker build -f docker/edge.Dockerfile -t streetcase-edge .
# The same image plays the simulated cameras of compose.yaml. linux/amd64 and linux/arm64.

FROM python:3.12.13-slim-bookworm AS build
WORKDIR /src
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/streetcase
COPY constraints.txt pyproject.toml README.md LICENSE ./
COPY pipeline pipeline
COPY edge edge
COPY api api
RUN /opt/streetcase/bin/pip install -c constraints.txt '.[edge]' \
 && rm -rf /opt/streetcase/lib/python3.12/site-packages/api

FROM python:3.12.13-slim-bookworm
RUN useradd --system --uid 10001 --user-group --home-dir /var/lib/streetcase --create-home streetcase
COPY --from=build /opt/streetcase /opt/streetcase
COPY models/shipped /opt/streetcase/models/shipped
COPY models/street/clips /opt/streetcase/models/street/clips
COPY docker/health.py /opt/streetcase/health.py
ENV PATH=/opt/streetcase/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 OPENCV_LOG_LEVEL=ERROR
USER 10001
# Settings name the networks by their place below this folder, and `data` absolutely.
WORKDIR /opt/streetcase
VOLUME /var/lib/streetcase
EXPOSE 9105
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=4 \
  CMD ["python", "/opt/streetcase/health.py", "http://127.0.0.1:9105/health"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["python", "-m", "edge"]
CMD ["serve", "--settings", "/etc/streetcase/box.toml"]
