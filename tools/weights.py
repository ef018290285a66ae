"""Learn the weights of topics and red flags anew from their examples; `make weights` calls it."""

from __future__ import annotations

import flows.topics.scorer
import flows.triage.learnt
from flows import learning


def main() -> None:
    """Write both files of weights."""
    flows.topics.scorer.WEIGHTS.write_bytes(learning.topics_file())
    flows.triage.learnt.WEIGHTS.write_bytes(learning.flags_file())


if __name__ == "__main__":
    main()
