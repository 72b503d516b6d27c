"""The manifests in ``deploy`` are YAML, and say what the pages say of them."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from spark_stacker.cli import main

ROOT = Path(__file__).parents[2]
MANIFESTS = sorted((ROOT / "deploy").glob("*.yaml"))


def documents(path: Path) -> list[dict]:
    """The documents of a manifest."""
    return list(yaml.safe_load_all(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_every_document_of_a_manifest_is_an_object_of_kubernetes(path):
    found = documents(path)
    assert found
    for document in found:
        assert {"apiVersion", "kind", "metadata", "spec"} <= set(document)
        assert document["metadata"]["name"]


@pytest.fixture(scope="module")
def cluster() -> dict[str, dict]:
    return {document["kind"]: document for document in documents(ROOT / "deploy" / "dask-cluster.yaml")}


def test_a_worker_has_one_thread_of_dask_and_its_processors(cluster):
    [worker] = cluster["DaskCluster"]["spec"]["worker"]["spec"]["containers"]
    arguments = worker["args"]
    assert arguments[:2] == ["dask", "worker"]
    assert arguments[arguments.index("--nthreads") + 1] == "1"
    assert worker["resources"]["limits"]["cpu"] == "16"


def test_scheduler_workers_and_search_speak_tls_at_one_address(cluster):
    spec = cluster["DaskCluster"]["spec"]
    [scheduler], [worker] = spec["scheduler"]["spec"]["containers"], spec["worker"]["spec"]["containers"]
    [search] = cluster["Job"]["spec"]["template"]["spec"]["containers"]
    name = cluster["DaskCluster"]["metadata"]["name"]
    address = f"tls://{name}-scheduler:{scheduler['ports'][0]['containerPort']}"
    assert scheduler["args"][scheduler["args"].index("--protocol") + 1] == "tls"
    assert worker["args"][2] == address
    assert f"--scheduler {address}" in search["args"][0]
    for container in (scheduler, worker):
        assert {"--tls-ca-file", "--tls-cert", "--tls-key"} <= set(container["args"])


def test_nothing_runs_as_root(cluster):
    pods = [
        cluster["DaskCluster"]["spec"]["scheduler"]["spec"],
        cluster["DaskCluster"]["spec"]["worker"]["spec"],
        cluster["Job"]["spec"]["template"]["spec"],
    ]
    for container in [container for pod in pods for container in pod["containers"]]:
        assert container["securityContext"]["runAsNonRoot"] is True
        assert container["securityContext"]["allowPrivilegeEscalation"] is False


def test_the_options_of_the_search_are_there(cluster):
    [search] = cluster["Job"]["spec"]["template"]["spec"]["containers"]
    command = search["args"][0].partition("exec ")[2].replace('"$keep"', "--out")
    words = shlex.split(command.replace("\\\n", " "))
    assert words[:3] == ["spark-stacker", "optimise", "grid"]
    told = CliRunner().invoke(main, ["optimise", "grid", "--help"])
    for option in {word for word in words if word.startswith("--")}:
        assert option in told.stdout, option
