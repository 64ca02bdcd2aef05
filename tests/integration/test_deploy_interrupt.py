"""Ctrl-C in the middle of a deploy, as a terminal sends it: to the process, while a step is under way."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# A deploy over the fakes whose second function says that it is being made, and is done once the signal has come.
DEPLOY = """
import signal, sys, threading
from pathlib import Path
from builder.adapters import receipts
from builder.console import Console
from builder.apply import Ledger, apply
from builder.core.deploy.receipt import place_of
from tests.unit.deploy.cloud import Site, scopes

site = Site(Path(sys.argv[1]))
site.push()
create = site.cloud.functions.create
come = threading.Event()
handler = signal.default_int_handler
signal.signal(signal.SIGINT, lambda number, frame: (come.set(), handler(number, frame)))

def slowly(action):
    if action.module == "h3":
        print("under way", flush=True)
        assert come.wait(60)
    return create(action)

site.cloud.functions.create = slowly
observed = site.observe(scopes())
ledger = Ledger(file=site.file, place=place_of(site.settings))
try:
    apply(site.plan(scopes()), observed.receipt, world=site.cloud.world, ledger=ledger, console=Console(), jobs=1)
except KeyboardInterrupt:
    print(*site.cloud.functions.held, flush=True)
    sys.exit(130)
"""


def test_the_step_under_way_ends_and_is_on_record_and_no_other_starts(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", DEPLOY, str(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as deploy:
        assert deploy.stdout is not None
        assert deploy.stdout.readline() == "under way\n"
        deploy.send_signal(signal.SIGINT)
        out, err = deploy.communicate(timeout=60)
    assert deploy.returncode == 130, err
    assert out == "carto-at-h3\n"
    assert "stopping; still under way: Lambda function carto-at-h3" in err
    assert "6 of 11 steps are done and on record; the same command goes on from here" in err
    (receipt,) = (tmp_path / "receipts").iterdir()
    held = json.loads(receipt.read_text(encoding="utf-8"))
    assert set(held["lambdas"]) == {"h3"}
    assert len(held["roles"]) == 2
