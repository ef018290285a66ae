"""Learn the weights of topics and red flags anew from their examples; `make weights` calls it.

With `--check` nothing is written: it says whether the files are, byte for byte, what is learnt.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import flows.topics.scorer
import flows.triage.learnt
from flows import learning
from flows.topics.training import Course

_FILES: Final[tuple[tuple[Path, Callable[[], Course]], ...]] = (
    (flows.topics.scorer.WEIGHTS, learning.topics_course),
    (flows.triage.learnt.WEIGHTS, learning.flags_course),
)


def main() -> None:
    """Write both files of weights, or compare them; exits with 1 where one is another."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    is_check = parser.parse_args().check
    others = []
    for path, course in _FILES:
        learnt = course().weights()
        if is_check and path.read_bytes() != learnt:
            others.append(path.relative_to(Path.cwd()).as_posix())
        elif not is_check:
            path.write_bytes(learnt)
    if others:
        sys.exit(f"Not what is learnt from the examples: {', '.join(others)}. Run `make weights`.")


if __name__ == "__main__":
    main()
