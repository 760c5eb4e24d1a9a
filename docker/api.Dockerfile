# The centre: review API, evidence store, case feed, console. Build from the repository's root:
#   docker build -f docker/api.Dockerfile -t streetcase-api .
# Runs as an ordinary user; everything it writes lies under /var/lib/streetcase. linux/amd64 and linux/arm64.

FROM python:3.12-slim-bookworm AS build
WORKDIR /src
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/streetcase
COPY constraints.txt pyproject.toml README.md LICENSE ./
COPY pipeline pipeline
COPY edge edge
COPY api api
# The API loads no vision stack, so its image carries none: our own package without its dependencies,
# then what the API needs.
RUN /opt/streetcase/bin/pip install --no-deps -c constraints.txt . \
 && /opt/streetcase/bin/python - > /tmp/needs <<'PYTHON'
import tomllib
project = tomllib.load(open("pyproject.toml", "rb"))["project"]
vision = ("numpy", "onnxruntime", "opencv-python-headless", "tzdata")
core = [need for need in project["dependencies"] if not need.startswith(vision)]
print("\n".join([*core, *project["optional-dependencies"]["api"]]))
PYTHON
RUN /opt/streetcase/bin/pip install -c constraints.txt -r /tmp/needs \
 && rm -rf /opt/streetcase/lib/python3.12/site-packages/edge

FROM python:3.12-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /var/lib/streetcase --create-home streetcase
COPY --from=build /opt/streetcase /opt/streetcase
COPY docker/health.py /opt/streetcase/health.py
ENV PATH=/opt/streetcase/bin:$PATH PYTHONUNBUFFERED=1
USER streetcase
WORKDIR /var/lib/streetcase
VOLUME /var/lib/streetcase
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=4 \
  CMD ["python", "/opt/streetcase/health.py", "http://127.0.0.1:8080/health"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["python", "-m", "api"]
CMD ["serve", "--settings", "/etc/streetcase/api.toml"]
