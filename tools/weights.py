"""Learn the weights of topics and red flags anew from their examples; `make weights` calls it."""

from __future__ import annotations

import flows.topics.scorer
import flows.topics.training
import flows.triage.learnt


def main() -> None:
    """Write both files of weights."""
    flows.topics.scorer.WEIGHTS.write_bytes(flows.topics.training.learn())
    flows.triage.learnt.WEIGHTS.write_bytes(flows.triage.learnt.learn())


if __name__ == "__main__":
    main()
