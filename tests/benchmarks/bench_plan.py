"""plan/1000x10: processor seconds to validate a catalogue of 1,000 modules of 10 functions and to plan its deploy.

Reference: ten times as long as 100 modules of 10 take, so a ratio of 1 is linear. plan/1000x10-memory is the peak of
the same process in MB, beside that of 100 modules. From nothing: no cache, an empty account, a schema that does not
exist. Each run is a process of its own, and the best of five counts; processor time, because what else a machine does
adds to the clock.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from builder.core.catalog.load import open_catalog
from builder.core.catalog.modules import group
from builder.core.config.settings import Connection, Settings
from builder.core.deploy import plan as deploy_plan
from builder.core.deploy import sql_script
from builder.core.deploy.desired import Scope
from builder.core.deploy.observed import Identity, ImageState, Observed, RepositoryState, WarehouseState
from builder.core.deploy.receipt import Receipt
from builder.model import Image
from tests.benchmarks.row import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from builder.model import Module

ROOT = Path(__file__).resolve().parents[2]
REPEATS = 5
LARGE, SMALL, EACH = 1000, 100, 10
IDENTITY = Identity(account="123456789012", region="us-east-1")
SETTINGS = Settings(warehouse=Connection(host="nowhere", user="nobody"))
FUNCTION = """\
function_type: scalar
status: stable
author: nobody
description: Function {number} of module {module}.
arguments:
  - {{name: id, type: bigint, description: A cell.}}
  - {{name: resolution, type: int, description: Of the result.}}
output: {{type: {returns}, description: The parent.}}
examples:
  - {{description: One, sql: "SELECT carto.{name}(1, 2)", output: "3"}}
clouds:
  redshift:
    type: lambda
    code_file: code/lambda/python/handler.py
    config: {{memory_size: 256, timeout: 30}}
"""
HANDLER = """\
from gateway import redshift_handler


@redshift_handler
def lambda_handler(id, resolution):
    if resolution < 0:
        raise ValueError("resolution is out of range")
    return id * {module} + resolution + {number}
"""


def measure(wanted: Callable[[str], bool]) -> Iterator[Row]:
    """Two rows."""
    if not (wanted("plan/1000x10") or wanted("plan/1000x10-memory")):
        return
    with tempfile.TemporaryDirectory(prefix="bench-plan-") as folder:
        found = {}
        for modules in (SMALL, LARGE):
            root = write(Path(folder) / str(modules), modules, modules * EACH)
            runs = [_in_a_process(root) for _ in range(REPEATS)]
            found[modules] = [min(values) for values in zip(*runs, strict=True)]
    (seconds, memory), (small_seconds, small_memory) = found[LARGE], found[SMALL]
    if wanted("plan/1000x10"):
        reference = small_seconds * LARGE / SMALL
        yield Row(name="plan/1000x10", ours=seconds, reference=reference, ratio=seconds / reference, unit="s")
    if wanted("plan/1000x10-memory"):
        ratio = memory / small_memory
        yield Row(name="plan/1000x10-memory", ours=memory, reference=small_memory, ratio=ratio, unit="MB")


def write(root: Path, modules: int, functions: int) -> Path:
    """A catalogue of so many; every third function has a SQL wrapper around its external function."""
    for number, module in (divmod(each, modules) for each in range(functions)):
        name = f"m{module:04}_f{number}"
        said = {"module": module, "number": number, "name": name}
        code = root / f"m{module:04}" / name / "code" / "lambda" / "python"
        code.mkdir(parents=True)
        (code / "handler.py").write_text(HANDLER.format(**said), "utf-8")
        text = FUNCTION.format(**said, returns="object" if number % 3 == 0 else "bigint")
        (code.parents[2] / "function.yaml").write_text(text, "utf-8")
    return root


def validate_and_plan(root: Path) -> int:
    """The number of actions of a first deploy. What `builder validate` and `builder plan` do, but for asking AWS."""
    catalog = open_catalog([str(root)], ROOT, prefix=SETTINGS.lambda_prefix)
    modules = group(catalog, catalog.functions)
    sql_script.refuse(modules, SETTINGS)
    scopes = [Scope(module=each, names=tuple(function.name for function in each.functions)) for each in modules]
    lock = {each.name: _image(each) for each in modules}
    states = tuple(ImageState(name=each.name, repository=_repository(each.name), present=True) for each in modules)
    observed = Observed(
        identity=IDENTITY,
        receipt=Receipt(account=IDENTITY.account, region=IDENTITY.region, prefix=SETTINGS.lambda_prefix),
        images=states,
        missing_roles=(),
        siblings=(),
        warehouse=WarehouseState(place="nowhere"),
    )
    return len(deploy_plan.plan(scopes, lock, SETTINGS, observed))


def _image(module: Module) -> Image:
    names = tuple(function.name for function in module.lambdas)
    repository = f"123456789012.dkr.ecr.us-east-1.amazonaws.com/carto-at-{module.name}"
    digest = f"sha256:{'0' * 64}"
    return Image(
        module=module.name,
        repository=repository,
        digest=digest,
        media_type="application/vnd.oci.image.manifest.v1+json",
        size=1,
        content_hash=digest,
        functions=names,
    )


def _repository(module: str) -> RepositoryState:
    name = f"carto-at-{module}"
    return RepositoryState(name=name, arn=f"arn:aws:ecr:us-east-1:123456789012:repository/{name}", uri=name)


def _in_a_process(root: Path) -> tuple[float, float]:
    line = [sys.executable, "-m", "tests.benchmarks.bench_plan", str(root)]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=True, env=dict(os.environ))
    seconds, memory = json.loads(done.stdout)
    return seconds, memory


if __name__ == "__main__":
    START = time.process_time()
    ACTIONS = validate_and_plan(Path(sys.argv[1]))
    assert len(list(Path(sys.argv[1]).iterdir())) <= ACTIONS
    PEAK = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(json.dumps([time.process_time() - START, PEAK]))
