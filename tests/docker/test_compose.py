"""compose.yaml, its settings and its images fit each other and our own programs."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from importlib.metadata import version
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from sqlalchemy import make_url

from api.__main__ import _parser as api_parser
from api.settings import ApiSettings, ServerSettings
from edge.__main__ import _parser as edge_parser
from edge.rtsp_server import _parser as cameras_parser
from edge.settings import BoxSettings, HealthSettings, load_camera
from pipeline.settings import load_settings

yaml = pytest.importorskip("yaml")

ROOT = Path(__file__).resolve().parents[2]
DOCKER = ROOT / "docker"
COMPOSE = yaml.safe_load((DOCKER / "compose.yaml").read_text(encoding="utf-8"))
SERVICES = COMPOSE["services"]
NAME = "centre.streetcase.internal"
MADE_LATER = {"./secrets/enrolment_code"}  # by the centre, not by secrets.sh
each_service = pytest.mark.parametrize("name", sorted(SERVICES))
each_image = pytest.mark.parametrize("image", ["api", "edge"])


def dockerfile(image):
    """The instructions of a Dockerfile, as (word, rest), continued lines joined."""
    text = (DOCKER / f"{image}.Dockerfile").read_text(encoding="utf-8")
    text = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE))
    return [tuple(line.split(None, 1)) for line in text.splitlines() if line.strip()]


def last(image, word):
    """What the last instruction of a kind says."""
    return [rest for instruction, rest in dockerfile(image) if instruction == word][-1]


def words(image, word):
    """A command in JSON form, as a list."""
    return yaml.safe_load(last(image, word))


def binds():
    """Every file of the repository that a service mounts."""
    volumes = [volume for service in SERVICES.values() for volume in service.get("volumes", ())]
    return {volume.split(":")[0] for volume in volumes if volume.startswith("./")}


def made_by_script():
    """Every file that docker/secrets.sh has to make."""
    files = {secret["file"] for secret in COMPOSE["secrets"].values()}
    return {path for path in files | binds() if path.startswith("./secrets/")} - MADE_LATER


@each_service
def test_every_service_says_how_it_is_or_ends_by_itself(name):
    """A service that stays has a health check and comes back; a job has neither."""
    service = SERVICES[name]
    if service["restart"] == "no":
        assert "healthcheck" not in service
        waiting = [s["depends_on"].get(name) for s in SERVICES.values() if "depends_on" in s]
        assert {"condition": "service_completed_successfully"} in waiting
    else:
        assert service["restart"] == "unless-stopped"
        assert service["healthcheck"]["test"][0] == "CMD"


@each_service
def test_no_service_has_more_rights_than_it_needs(name):
    """An ordinary user by number, a root that cannot be written, no capability."""
    service = SERVICES[name]
    user, group = service["user"].split(":")
    assert int(user) > 0
    assert int(group) > 0
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert "cap_add" not in service


@each_service
def test_secrets_come_from_files_only(name):
    """What sounds like a secret names a file under /run/secrets that the service is given."""
    service = SERVICES[name]
    for variable, value in service.get("environment", {}).items():
        if re.search(r"PASSWORD|SECRET|KEY|TOKEN", variable):
            assert variable.endswith("_FILE")
            assert Path(value).parent == Path("/run/secrets")
            assert Path(value).name in service["secrets"]
    assert set(service.get("secrets", ())) <= set(COMPOSE["secrets"])


def test_no_secret_has_a_default():
    """No value and no variable with a value to fall back on stands in any of the files."""
    for path in [*DOCKER.glob("*.yaml"), *DOCKER.glob("*.toml"), *DOCKER.glob("*.conf")]:
        text = path.read_text(encoding="utf-8")
        assert "${" not in text, path
        assert not re.search(
            r"(password|secret)\w*[ ]*[=:][ ]*[\"']?[A-Za-z0-9]{6}", text, re.IGNORECASE
        ), path
    assert all(set(secret) == {"file"} for secret in COMPOSE["secrets"].values())


@each_service
def test_images_are_pinned(name):
    """A tag with a version, never one that moves."""
    tag = SERVICES[name]["image"].rpartition(":")[2]
    assert re.search(r"\d+\.\d+\.\d+|\d+\.\d+-|RELEASE\.\d{4}", tag), tag


@each_image
def test_our_images_are_built_once_and_never_pulled(image):
    """One service says how; nobody asks a registry for a name that is ours."""
    ours = [s for s in SERVICES.values() if s["image"].startswith(f"streetcase-{image}:")]
    assert [s["build"]["dockerfile"] for s in ours if "build" in s] == [
        f"docker/{image}.Dockerfile"
    ]
    assert {s["pull_policy"] for s in ours} == {"never"}
    assert {s["image"].rpartition(":")[2] for s in ours} == {version("streetcase")}


@each_image
def test_base_images_are_pinned(image):
    """Down to the patch, in every stage."""
    bases = [rest for word, rest in dockerfile(image) if word == "FROM"]
    assert all(re.search(r":\d+\.\d+\.\d+", base) for base in bases), bases


def test_every_file_that_is_named_exists():
    """Dockerfiles and mounted files are in the repository, but for what secrets.sh makes."""
    dockerfiles = [s["build"]["dockerfile"] for s in SERVICES.values() if "build" in s]
    assert all((DOCKER / ".." / path).is_file() for path in dockerfiles)
    assert all((DOCKER / path).is_file() for path in binds() - made_by_script())


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_one_command_makes_every_secret(tmp_path):
    """Random, readable for containers but in a folder of one's own, and never made twice."""
    shutil.copy(DOCKER / "secrets.sh", tmp_path)
    command = ["sh", tmp_path / "secrets.sh"]
    subprocess.run(command, check=True, capture_output=True)
    made = {path: (tmp_path / path).read_bytes() for path in made_by_script()}
    assert len(set(made.values())) == len(made)
    assert all(len(content) >= 32 for content in made.values())
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
    assert all((tmp_path / path).stat().st_mode & 0o777 == 0o444 for path in made)
    assert (tmp_path / "secrets" / ".gitignore").read_text(encoding="utf-8") == "*\n"
    subprocess.run(command, check=True, capture_output=True)
    assert made == {path: (tmp_path / path).read_bytes() for path in made}
    subprocess.run(
        ["openssl", "verify", "-x509_strict", "-verify_hostname", NAME, "-CAfile",
         tmp_path / "secrets/ca.crt", tmp_path / "secrets/tls.crt"],
        check=True, capture_output=True,
    )  # fmt: skip


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_a_certificate_of_ones_own_is_kept(tmp_path):
    """Only the secrets are made beside it; half of one is an error that says what is missing."""
    shutil.copy(DOCKER / "secrets.sh", tmp_path)
    (tmp_path / "secrets").mkdir()
    for name in ("tls.crt", "tls.key"):
        (tmp_path / "secrets" / name).write_text("ours", encoding="utf-8")
    command = ["sh", tmp_path / "secrets.sh"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert "ca.crt is missing" in done.stderr
    (tmp_path / "secrets" / "ca.crt").write_text("theirs", encoding="utf-8")
    subprocess.run(command, check=True, capture_output=True)
    assert (tmp_path / "secrets/tls.crt").read_text(encoding="utf-8") == "ours"


@each_image
def test_images_run_as_an_ordinary_user(image):
    """The one that compose.yaml names as well, so that volumes belong to it."""
    user = last(image, "USER")
    services = [s for s in SERVICES.values() if s["image"].startswith(f"streetcase-{image}:")]
    assert {service["user"] for service in services} == {f"{user}:{user}"}
    assert f"--uid {user}" in " ".join(rest for _, rest in dockerfile(image))


def test_commands_are_those_of_our_programs():
    """What images and services start is understood by our own parsers."""
    api, edge = api_parser(), edge_parser()
    assert words("api", "ENTRYPOINT") == ["python", "-m", "api"]
    assert words("edge", "ENTRYPOINT") == ["python", "-m", "edge"]
    assert api.parse_args(words("api", "CMD")).command == "serve"
    assert edge.parse_args(words("edge", "CMD")).command == "serve"
    for name, command in {"api": "serve", "migrate": "migrate", "storage": "storage"}.items():
        assert api.parse_args(SERVICES[name]["command"]).command == command
    assert edge.parse_args(SERVICES["edge"]["command"]).command == "serve"


def test_settings_are_where_commands_look_for_them():
    """Each file that a command names is mounted there."""
    for name in ("api", "migrate", "storage", "edge"):
        service = SERVICES[name]
        path = service["command"][service["command"].index("--settings") + 1]
        assert any(volume.split(":")[1] == path for volume in service["volumes"])


def test_simulated_cameras_play_the_street():
    """Every clip is in the image, and every camera of the box is played."""
    cameras = SERVICES["cameras"]
    assert cameras["entrypoint"] == ["python", "-m", "edge.rtsp_server"]
    options = cameras_parser().parse_args(cameras["command"])
    assert last("edge", "WORKDIR") == "/opt/streetcase"
    assert "models/street/clips /opt/streetcase/models/street/clips" in str(dockerfile("edge"))
    clips = dict(options.clip)
    assert all((ROOT / path).is_file() for path in clips.values())
    box = load_settings(DOCKER / "box.toml", BoxSettings)
    assert {f"rtsp://cameras:{options.port}/{name}" for name in clips} == {
        camera.source for camera in box.cameras
    }
    for camera in box.cameras:
        assert (
            camera.zones == load_camera(ROOT / clips[camera.id].with_suffix(".camera.toml")).zones
        )


def test_ports_agree_with_the_settings():
    """Images expose, compose asks and the proxy calls the ports of the settings' defaults."""
    api = load_settings(DOCKER / "api.toml", ApiSettings)
    box = load_settings(DOCKER / "box.toml", BoxSettings)
    port, health = ServerSettings().port, HealthSettings().port
    assert int(last("api", "EXPOSE")) == api.server.port == port
    assert int(last("edge", "EXPOSE")) == box.health.port == health
    assert f"http://127.0.0.1:{port}/health" in last("api", "HEALTHCHECK")
    assert f"http://127.0.0.1:{health}/health" in last("edge", "HEALTHCHECK")
    assert f"http://127.0.0.1:{port}/ready" in SERVICES["api"]["healthcheck"]["test"]
    assert f"http://127.0.0.1:{health}/health" in SERVICES["edge"]["healthcheck"]["test"]
    proxy = (DOCKER / "proxy.conf").read_text(encoding="utf-8")
    assert f"http://api:{port};" in proxy
    assert f"http://{api.store.s3.endpoint};" in proxy
    for published in SERVICES["proxy"]["ports"]:
        outside, inside = published.split(":")
        assert outside == inside  # links are signed for name and port
        assert f"listen {inside} ssl;" in proxy


def test_names_agree():
    """One name for the centre, everywhere; services by the names that compose gives them."""
    api = load_settings(DOCKER / "api.toml", ApiSettings)
    box = load_settings(DOCKER / "box.toml", BoxSettings)
    ports = [published.split(":")[0] for published in SERVICES["proxy"]["ports"]]
    assert str(api.server.public_url) == f"https://{NAME}:{ports[0]}/"
    assert box.centre.url == f"https://{NAME}:{ports[0]}"
    assert api.store.s3.public_endpoint == f"{NAME}:{ports[1]}"
    assert api.store.s3.public_secure
    for network in ("outer", "inner"):
        assert SERVICES["proxy"]["networks"][network]["aliases"] == [NAME]
    assert NAME in (DOCKER / "secrets.sh").read_text(encoding="utf-8")
    database = make_url(api.database.url)
    environment = SERVICES["db"]["environment"]
    assert database.host in SERVICES
    assert database.username == environment["POSTGRES_USER"]
    assert database.database == environment["POSTGRES_DB"]
    assert api.store.s3.endpoint.split(":")[0] in SERVICES
    assert api.store.s3.access_key == SERVICES["minio"]["environment"]["MINIO_ROOT_USER"]
    proxy = (DOCKER / "proxy.conf").read_text(encoding="utf-8")
    buckets = re.search(r"\^/streetcase-\((.*)\)/", proxy)[1].split("|")
    assert {f"streetcase-{name}" for name in buckets} == {
        api.store.s3.bucket, api.store.s3.case_bucket,
    }  # fmt: skip


def test_only_the_proxy_is_believed_and_its_address_is_its_own():
    """Fixed, within its network, and apart from what is handed out to others."""
    api = load_settings(DOCKER / "api.toml", ApiSettings)
    address = SERVICES["proxy"]["networks"]["inner"]["ipv4_address"]
    assert api.server.trusted_proxies == (address,)
    (pool,) = COMPOSE["networks"]["inner"]["ipam"]["config"]
    assert ip_address(address) in ip_network(pool["subnet"])
    assert ip_address(address) not in ip_network(pool["ip_range"])


def test_only_the_proxy_is_published():
    """Database and store are on a network without a way out, and nothing else listens outside."""
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    assert COMPOSE["networks"]["inner"]["internal"] is True
    for name in ("db", "minio", "migrate", "storage"):
        assert SERVICES[name]["networks"] == ["inner"]


@each_image
def test_what_is_copied_is_in_the_build_context(image):
    """Each source exists, and .dockerignore lets it in."""
    rules = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    for word, rest in dockerfile(image):
        if word != "COPY" or "--from" in rest:
            continue
        for source in shlex.split(rest)[:-1]:
            path = Path(source)
            assert (ROOT / path).exists(), source
            fitting = [rule for rule in rules if _fits(rule, path)]
            assert fitting, source
            assert fitting[-1].startswith("!"), source


def test_the_console_is_built_from_its_sources():
    """Whatever lies built beside them stays out of the context; the image has its own build."""
    rules = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    for built in ("api/console/dist", "api/console/node_modules", "api/console/openapi.json"):
        assert built in rules
    assert "api/console/src" not in rules
    copied = [rest for word, rest in dockerfile("api") if word == "COPY" and "dist" in rest]
    assert copied[0].startswith("--from=console")
    assert copied[0].endswith("/api/console/dist")


def _fits(rule, path):
    pattern = rule.removeprefix("!")
    return pattern == "*" or path.is_relative_to(pattern)


def test_the_centre_needs_no_vision():
    """Its image gets the core's dependencies without those, and all of its own."""
    import api_needs  # noqa: PLC0415 - a script beside the image

    names = {api_needs._name(need) for need in api_needs.needs(ROOT / "pyproject.toml")}
    assert not names & {"numpy", "onnxruntime", "opencv-python-headless", "av", "torch"}
    assert {"pydantic", "cryptography", "fastapi", "sqlalchemy", "psycopg", "minio"} <= names


@pytest.mark.skipif(shutil.which("docker-compose") is None, reason="no docker-compose here")
def test_compose_itself_finds_nothing_wrong(tmp_path):
    """`config` resolves the file without a word of warning."""
    text = (DOCKER / "compose.yaml").read_text(encoding="utf-8")
    said = subprocess.run(
        ["docker-compose", "version", "--short"], check=True, capture_output=True, text=True
    ).stdout
    if said.startswith("1."):  # the last of the old ones knows all of it but the project's name
        text = re.sub(r"^name: .*\n", "", text, flags=re.MULTILINE)
    (tmp_path / "docker").mkdir()
    (tmp_path / "docker" / "compose.yaml").write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["docker-compose", "--file", "docker/compose.yaml", "--profile", "street", "config"],
        cwd=tmp_path, check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert set(yaml.safe_load(done.stdout)["services"]) == set(SERVICES)


def test_the_document_changes_the_name_everywhere(tmp_path):
    """Its one command leaves the old name in none of the files that know it."""
    document = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    command = re.search(r"^sed -i .*centre.*$", document, re.MULTILINE)[0]
    (tmp_path / "docker").mkdir()
    knowing = [
        path
        for path in DOCKER.iterdir()
        if path.suffix in {".toml", ".yaml", ".conf"} and NAME in path.read_text(encoding="utf-8")
    ]
    for path in knowing:
        shutil.copy(path, tmp_path / "docker")
    subprocess.run(shlex.split(command), cwd=tmp_path, check=True)
    assert len(knowing) == 3
    for path in knowing:
        changed = (tmp_path / "docker" / path.name).read_text(encoding="utf-8")
        assert NAME not in changed
        assert "evidence.city.example" in changed


def test_the_document_finds_the_enrolment_code():
    """In the last line of what the centre's command says."""
    document = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    script = re.search(r"box code .*\| sed '([^']*)'", document)[1]
    answer = json.dumps({"ok": True, "code": "G5A6A-T3ZTX-7DT9T-R2QC3-011WS", "box_id": "a"})
    found = subprocess.run(
        ["sed", script], input=answer, check=True, capture_output=True, text=True
    ).stdout
    assert found.strip() == "G5A6A-T3ZTX-7DT9T-R2QC3-011WS"
