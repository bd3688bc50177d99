"""Scores of scikit-learn's multi-layer perceptrons, with their defaults, on given splits.

Reads {"set": [[test rows of split 0], ...], ...} from standard input, rows counted from 0 in scikit-learn's own order;
what is not tested on is trained on. Writes {"version": ..., "sets": {"set": {"raw": [...], "scaled": [...]}}}: the score
of each split (accuracy, R² for diabetes) with the inputs as they are, and behind a StandardScaler, as its user guide
advises. random_state is the number of the split. `cargo xtask scorecard --python` runs this.
"""

import json
import sys
import warnings

import numpy
import sklearn
from sklearn import datasets
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

# Training ends after 200 epochs whether it has converged or not: that is a default too.
warnings.filterwarnings("ignore")

LOAD = {
    "iris": datasets.load_iris,
    "wine": datasets.load_wine,
    "breast-cancer": datasets.load_breast_cancer,
    "digits": datasets.load_digits,
    "diabetes": datasets.load_diabetes,
}

scores = {}
for name, splits in json.load(sys.stdin).items():
    data = LOAD[name]()
    model = MLPRegressor if name == "diabetes" else MLPClassifier
    of_set = {"raw": [], "scaled": []}
    for seed, rows in enumerate(splits):
        test = numpy.array(rows)
        train = numpy.setdiff1d(numpy.arange(len(data.data)), test)
        for variant, steps in (("raw", []), ("scaled", [StandardScaler()])):
            pipeline = make_pipeline(*steps, model(random_state=seed))
            pipeline.fit(data.data[train], data.target[train])
            of_set[variant].append(pipeline.score(data.data[test], data.target[test]))
    scores[name] = of_set
    print(name, *(f"{variant} {numpy.mean(v):.4f}" for variant, v in of_set.items()), file=sys.stderr)
json.dump({"version": sklearn.__version__, "sets": scores}, sys.stdout)
