"""Searches on a real cluster of processes on loopback: the same rows, and the same bytes, whatever dies."""

from __future__ import annotations

import json
import pickle
import signal
import subprocess
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from made.backtests import CrossInPython
from made.dask_processes import cluster
from made.searches import GRID, engine, follow, settings
from spark_stacker.backtesting.search import dask_cluster
from spark_stacker.backtesting.search.dask_cluster import connected, exposure
from spark_stacker.backtesting.search.evaluators.configured import ConfiguredEvaluator
from spark_stacker.cli import main
from spark_stacker.errors import ParameterError, RetryableError

if TYPE_CHECKING:
    from pathlib import Path

SPACE = {"cross.fast_period": (3, 20, 1), "cross.slow_period": (21, 60, 1)}
"""720 sets, 12 batches of 64."""


@pytest.fixture(scope="module")
def made():
    return engine()


@pytest.fixture(scope="module")
def machines():
    with cluster(2) as processes:
        yield processes


@pytest.fixture(scope="module")
def client(machines):
    with connected(machines.address, timeout_seconds=30) as client:
        client.wait_for_workers(2, timeout=30)
        yield client


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    monkeypatch.setattr(ConfiguredEvaluator, "batch_limit", 64)


def content(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(directory.rglob("*")) if path.is_file()}


def test_the_rows_of_a_cluster_are_those_of_this_machine(made, client, tmp_path):
    seen = []
    here = made.optimize_parameters(
        settings=settings(), param_grid=SPACE, honesty=False, out=tmp_path / "here"
    )
    there = made.optimize_parameters(
        settings=settings(),
        param_grid=SPACE,
        honesty=False,
        out=tmp_path / "there",
        executor=client,
        progress=lambda progress: seen.append(progress.done),
    )
    assert content(tmp_path / "there") == content(tmp_path / "here")
    assert there.trials.equals(here.trials)
    assert seen == sorted(seen)
    assert seen[-1] == 720
    assert there.warnings == ()


def test_the_data_go_to_each_worker_once(made, client, monkeypatch):
    sent, submitted = [], []
    scatter, submit = client.scatter, client.submit
    monkeypatch.setattr(client, "scatter", lambda data, **how: sent.append(data) or scatter(data, **how))
    monkeypatch.setattr(client, "submit", lambda *call, **how: submitted.append(call) or submit(*call, **how))
    found = made.optimize_parameters(settings=settings(), param_grid=SPACE, honesty=False, executor=client)
    assert found.count == 720
    assert len(sent) == 1
    assert len(submitted) == 12
    # What goes out with a piece is its sets, not the candles.
    assert max(len(pickle.dumps((call[1], call[3]))) for call in submitted) < 2_000 < len(sent[0])


def test_adaptive_searches_functions_and_indicators_in_python_run_there_too(made, client):
    for call in (
        lambda **options: made.genetic_optimize(settings=settings(), param_space=SPACE, **options),
        lambda **options: made.optimize_parameters(
            follow,
            "ETH-USD",
            "1h",
            param_grid={"fast_period": [5, 10], "slow_period": [20, 30], "position_size": [0.1]},
            **options,
        ),
        lambda **options: made.optimize_parameters(
            symbol="ETH-USD",
            interval="1h",
            indicators=[CrossInPython("own", {"fast_period": 5, "slow_period": 20})],
            param_grid={"own.fast_period": [4, 6], "stop_loss_pct": [2.0, 3.0]},
            **options,
        ),
    ):
        here, there = call(honesty=False, threads=1), call(honesty=False, threads=1, executor=client)
        assert there.trials.equals(here.trials)


def test_a_worker_killed_midway_costs_nothing(made, tmp_path):
    made.optimize_parameters(settings=settings(), param_grid=SPACE, honesty=False, out=tmp_path / "here")
    with cluster(2) as processes, connected(processes.address, timeout_seconds=30) as client:
        client.wait_for_workers(2, timeout=30)
        seen = []

        def watch(progress):
            seen.append(progress.done)
            if len(seen) == 3:
                processes.kill(processes.workers[0])

        there = made.optimize_parameters(
            settings=settings(),
            param_grid=SPACE,
            honesty=False,
            out=tmp_path / "there",
            executor=client,
            progress=watch,
        )
        assert processes.workers[0].wait() == -signal.SIGKILL
        assert processes.workers[1].poll() is None
    assert there.count == seen[-1] == 720
    assert content(tmp_path / "there") == content(tmp_path / "here")


def test_a_scheduler_killed_midway_is_told_in_time_and_what_was_done_is_kept(made, tmp_path):
    with cluster(1) as processes, connected(processes.address, timeout_seconds=30) as client:
        client._timeout = 2  # how long it tries to connect again
        began = time.monotonic()

        def watch(progress):
            if progress.done == 3 * 64:
                processes.kill(processes.scheduler)
                processes.scheduler.wait()

        with pytest.raises(RetryableError, match=r"(sent to the workers|connection) .*resume it from"):
            made.optimize_parameters(
                settings=settings(),
                param_grid=SPACE,
                honesty=False,
                out=tmp_path / "kept",
                executor=client,
                progress=watch,
            )
        assert time.monotonic() - began < 30
    resumed = made.optimize_parameters(
        settings=settings(), param_grid=SPACE, honesty=False, resume=tmp_path / "kept"
    )
    whole = made.optimize_parameters(settings=settings(), param_grid=SPACE, honesty=False)
    assert resumed.trials.equals(whole.trials)


@pytest.mark.parametrize(
    ("which", "message"),
    [("scheduler", r"does not answer for 1\.5 s"), ("worker", r"no worker for 1\.5 s|No valid workers")],
)
def test_a_cluster_that_falls_silent_is_told_in_time(made, monkeypatch, which, message):
    monkeypatch.setattr(dask_cluster, "_PATIENCE_SECONDS", 1.5)
    monkeypatch.setattr(dask_cluster, "_ANSWER_SECONDS", 0.5)
    with cluster(1) as processes, connected(processes.address, timeout_seconds=30) as client:
        process = processes.scheduler if which == "scheduler" else processes.workers[0]
        stopped = signal.SIGSTOP if which == "scheduler" else signal.SIGKILL

        def watch(progress):
            if progress.done == 3 * 64:
                processes.kill(process, stopped)

        with pytest.raises(RetryableError, match=message):
            made.optimize_parameters(
                settings=settings(), param_grid=SPACE, honesty=False, executor=client, progress=watch
            )
        if which == "scheduler":
            processes.kill(process, signal.SIGCONT)


def test_a_dead_scheduler_is_told_in_time():
    began = time.monotonic()
    with (
        pytest.raises(RetryableError, match=r"tcp://127\.0\.0\.1:9 does not answer within 1 s"),
        connected("tcp://127.0.0.1:9", timeout_seconds=1),
    ):
        pass
    assert time.monotonic() - began < 10


def test_a_cluster_without_workers_is_told():
    with (
        cluster(0) as processes,
        pytest.raises(RetryableError, match=r"has no worker after 0\.5 s"),
        connected(processes.address, timeout_seconds=0.5),
    ):
        pass


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (("host:8786",), "must be an address such as tcp://host:8786"),
        (("tls://host:8786",), "goes with all of --tls-ca, --tls-cert and --tls-key"),
        (("tcp://host:8786", {"tls_ca": "ca.pem"}), "a tcp:// one with none"),
        (("tls://host:8786", {"tls_ca": "ca.pem"}), "with 1 of them"),
        (("tls://host:8786", {"tls_ca": "no", "tls_cert": "no", "tls_key": "no"}), "no such file"),
    ],
)
def test_addresses_and_files_that_do_not_fit_are_told(call, message):
    address, *more = call
    with pytest.raises(ParameterError, match=message), connected(address, **(more[0] if more else {})):
        pass


def test_a_scheduler_that_others_can_reach_is_warned_of():
    class At:
        def __init__(self, address):
            self.scheduler = type("Scheduler", (), {"address": address})()

    assert exposure(At("tcp://127.0.0.1:8786")) == ()
    assert exposure(At("tcp://[::1]:8786")) == ()
    assert exposure(At("tls://10.0.0.5:8786")) == ()
    [warning] = exposure(At("tcp://10.0.0.5:8786"))
    assert "tcp://10.0.0.5:8786 is neither TLS nor on this machine" in warning


def test_a_worker_of_another_version_is_told(made, client, monkeypatch):
    monkeypatch.setattr(dask_cluster.spark_stacker, "__version__", "9.9.9")
    with pytest.raises(ParameterError, match=r"a worker has spark-stacker .*, the search is of 9\.9\.9"):
        made.optimize_parameters(settings=settings(), param_grid=GRID, honesty=False, executor=client)


def test_a_tls_cluster_is_reached_with_its_certificates(made, tmp_path):
    ca, key = tmp_path / "ca.pem", tmp_path / "key.pem"
    subprocess.run(
        [
            *(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
            ),
            *("-days", "2", "-subj", "/CN=spark-stacker-test", "-keyout", str(key), "-out", str(ca)),
        ],
        check=True,
        capture_output=True,
    )
    security = ["--tls-ca-file", str(ca), "--tls-cert", str(ca), "--tls-key", str(key)]
    files = {"tls_ca": ca, "tls_cert": ca, "tls_key": key}
    with (
        cluster(1, security) as processes,
        connected(processes.address, timeout_seconds=30, **files) as client,
    ):
        found = made.optimize_parameters(settings=settings(), param_grid=GRID, honesty=False, executor=client)
    assert found.count == 27
    assert found.warnings == ()


def test_every_executor_gives_the_same_bytes(made, client, tmp_path):
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        places = {
            "here": {},
            "pool": {"executor": pool},
            "dask": {"executor": client.get_executor(pure=False)},
        }
        for name, options in places.items():
            made.optimize_parameters(
                settings=settings(), param_grid=SPACE, honesty=False, out=tmp_path / name, **options
            )
    assert content(tmp_path / "pool") == content(tmp_path / "here")
    assert content(tmp_path / "dask") == content(tmp_path / "here")


def test_the_command_line_searches_on_a_cluster(machines):
    search = (
        *("optimise", "grid", "--indicator", "rsi", "--scenario", "choppy", "--bars", "300", "--no-honesty"),
        *("--param", "period=5:30", "--no-ledger", "--json"),
    )
    there = CliRunner().invoke(main, [*search, "--executor", "dask", "--scheduler", machines.address])
    assert there.exit_code == 0, there.output
    here = CliRunner().invoke(main, search)
    assert json.loads(there.stdout)["top"] == json.loads(here.stdout)["top"]


def test_the_command_line_tells_of_a_dead_scheduler(monkeypatch):
    monkeypatch.setattr(connected.__wrapped__, "__kwdefaults__", {**connected.__wrapped__.__kwdefaults__})
    monkeypatch.setitem(connected.__wrapped__.__kwdefaults__, "timeout_seconds", 1.0)
    told = CliRunner().invoke(
        main,
        [
            *("optimise", "grid", "--indicator", "rsi", "--scenario", "choppy", "--bars", "300"),
            *("--param", "period=5,6", "--executor", "dask", "--scheduler", "tcp://127.0.0.1:9"),
        ],
    )
    assert told.exit_code == 7
    assert "the scheduler tcp://127.0.0.1:9 does not answer within 1 s" in told.stderr.replace("\n", " ")
