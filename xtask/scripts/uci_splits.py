"""Writes xtask/data/uci-splits.txt: the test rows of the 20 random 90/10 splits of five UCI regression sets.

The usual protocol (Hernandez-Lobato and Adams 2015): NumPy's legacy generator with seed 1, choice(n, n, replace=False)
20 times in a row, the first round(0.9 n) rows for training, the rest for testing. A line is a set, its number of rows,
the number of the split, and the test rows in rising order as differences (the first from 0).

    python3 xtask/scripts/uci_splits.py > xtask/data/uci-splits.txt
"""

import numpy

SETS = {"yacht": 308, "energy": 768, "concrete": 1030, "power-plant": 9568, "wine-red": 1599}

for name, rows in SETS.items():
    random = numpy.random.RandomState(1)
    for split in range(20):
        order = random.choice(range(rows), rows, replace=False)
        test = sorted(order[round(rows * 0.9):].tolist())
        differences = [row - before for row, before in zip(test, [0] + test)]
        print(name, rows, split, *differences)
