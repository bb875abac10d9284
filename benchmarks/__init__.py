"""Speed, as ratios against named baselines measured side by side in one run. `make bench` runs it."""
