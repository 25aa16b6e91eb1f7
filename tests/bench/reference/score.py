"""What one would write at first in Python and numpy: read two CSV files, score one against the other.

Called with the metric, the submission, the holdout and a number of repetitions; prints as JSON the score and the seconds
of each repetition, for reading and for scoring apart.
"""
import csv
import json
import sys
import time

import numpy as np


def read_labels(path):
    with open(path, newline="", encoding="utf-8-sig") as file:
        rows = csv.DictReader(file)
        return {row["image_id"]: int(row["label"]) for row in rows}


def accuracy(predicted, truth):
    ids = list(truth)
    left = np.array([predicted[name] for name in ids])
    right = np.array([truth[name] for name in ids])
    return float(np.mean(left == right))


def read_boxes(path, has_confidence):
    images = {}
    with open(path, newline="", encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            boxes = images.setdefault(row["patientId"], [])
            if row["x"] == "":
                continue
            sides = [float(row[name]) for name in ("x", "y", "width", "height")]
            boxes.append(([float(row["confidence"])] if has_confidence else [1.0]) + sides)
    return {name: np.array(boxes).reshape(-1, 5) for name, boxes in images.items()}


THRESHOLDS = np.array([40, 45, 50, 55, 60, 65, 70, 75]) / 100


def overlaps(predicted, truth):
    x1 = np.maximum(predicted[:, None, 1], truth[None, :, 1])
    y1 = np.maximum(predicted[:, None, 2], truth[None, :, 2])
    x2 = np.minimum(
        predicted[:, None, 1] + predicted[:, None, 3], truth[None, :, 1] + truth[None, :, 3]
    )
    y2 = np.minimum(
        predicted[:, None, 2] + predicted[:, None, 4], truth[None, :, 2] + truth[None, :, 4]
    )
    shared = np.clip(x2 - x1, 0, None) * np.clip(y2 - y1, 0, None)
    areas = (predicted[:, 3] * predicted[:, 4])[:, None] + (truth[:, 3] * truth[:, 4])[None, :]
    return shared / (areas - shared)


def image_score(predicted, truth):
    if len(predicted) == 0 or len(truth) == 0:
        return 0.0
    order = np.argsort(-predicted[:, 0], kind="stable")
    table = overlaps(predicted[order], truth)
    scores = []
    for threshold in THRESHOLDS:
        free = np.ones(len(truth), dtype=bool)
        hits = 0
        for row in table:
            candidates = np.where(free, row, -1.0)
            best = int(np.argmax(candidates))
            if candidates[best] >= threshold:
                free[best] = False
                hits += 1
        scores.append(hits / (len(predicted) + len(truth) - hits))
    return float(np.mean(scores))


def map_iou(predicted, truth):
    scores = []
    for name, boxes in truth.items():
        if len(boxes) == 0 and len(predicted[name]) == 0:
            continue
        scores.append(image_score(predicted[name], boxes))
    return float(np.mean(scores))


def read_columns(path):
    """Each column but the id's as an array of numbers, in the order of the file."""
    with open(path, newline="", encoding="utf-8-sig") as file:
        rows = csv.DictReader(file)
        cells = {name: [] for name in rows.fieldnames if name != "image_id"}
        for row in rows:
            for name, column in cells.items():
                column.append(float(row[name]))
    return {name: np.array(column) for name, column in cells.items()}


def ranks(values):
    """From 1, the mean for equal ones."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[places]


def auroc(predicted, truth):
    is_true = truth["target"] == 1
    positives = is_true.sum()
    below = ranks(predicted["target"])[is_true].sum() - positives * (positives + 1) / 2
    return below / (positives * (len(is_true) - positives))


def average_precision(predicted, truth):
    order = np.argsort(-predicted["target"], kind="stable")
    values, is_true = predicted["target"][order], truth["target"][order]
    last = np.append(np.nonzero(np.diff(values))[0], len(values) - 1)
    hits = np.cumsum(is_true)[last]
    return np.sum(np.diff(hits, prepend=0) / hits[-1] * (hits / (last + 1)))


def log_loss(predicted, truth):
    given = np.clip(predicted["target"], 1e-15, 1 - 1e-15)
    return -np.mean(np.where(truth["target"] == 1, np.log(given), np.log(1 - given)))


def confusion(predicted, truth):
    mine, actual = predicted["label"].astype(int), truth["label"].astype(int)
    classes = max(mine.max(), actual.max()) + 1
    return np.bincount(actual * classes + mine, minlength=classes**2).reshape(classes, classes)


def balanced_accuracy(predicted, truth):
    table = confusion(predicted, truth)
    return np.mean(np.diag(table) / table.sum(axis=1))


def macro_f1(predicted, truth):
    table = confusion(predicted, truth)
    return np.mean(2 * np.diag(table) / (table.sum(axis=0) + table.sum(axis=1)))


def quadratic_weighted_kappa(predicted, truth):
    table = confusion(predicted, truth)
    places = np.arange(len(table))
    weights = (places[:, None] - places[None, :]) ** 2
    by_chance = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    return 1 - np.sum(weights * table) / np.sum(weights * by_chance)


def rmse(predicted, truth):
    return np.sqrt(np.mean((predicted["target"] - truth["target"]) ** 2))


def mae(predicted, truth):
    return np.mean(np.abs(predicted["target"] - truth["target"]))


def r2(predicted, truth):
    actual = truth["target"]
    errors = np.sum((actual - predicted["target"]) ** 2)
    return 1 - errors / np.sum((actual - actual.mean()) ** 2)


def concordance_index(predicted, truth):
    risk, time_, event = predicted["risk"], truth["time"], truth["event"] == 1
    points = pairs = 0
    for one in np.nonzero(event)[0]:
        others = risk[(time_ > time_[one]) | ((time_ == time_[one]) & ~event)]
        pairs += len(others)
        points += np.sum(others < risk[one]) + np.sum(others == risk[one]) / 2
    return points / pairs


SIDE = 512


def read_masks(path):
    with open(path, newline="", encoding="utf-8-sig") as file:
        return [np.array(row["mask"].split(), dtype=int) for row in csv.DictReader(file)]


def decode(runs):
    pixels = np.zeros(SIDE * SIDE, dtype=bool)
    for first, length in zip(runs[::2], runs[1::2]):
        pixels[first - 1 : first - 1 + length] = True
    return pixels


def overlap_of_masks(predicted, truth, value):
    values = []
    for mine, actual in zip(predicted, truth):
        left, right = decode(mine), decode(actual)
        both = left.sum() + right.sum()
        values.append(1.0 if both == 0 else value(np.sum(left & right), both))
    return np.mean(values)


def dice(predicted, truth):
    return overlap_of_masks(predicted, truth, lambda shared, both: 2 * shared / both)


def iou(predicted, truth):
    return overlap_of_masks(predicted, truth, lambda shared, both: shared / (both - shared))


def rules(metric):
    """How to read a submission, how a holdout, and how to score one against the other."""
    if metric == "accuracy":
        return read_labels, read_labels, accuracy
    if metric == "map_iou":
        return lambda path: read_boxes(path, True), lambda path: read_boxes(path, False), map_iou
    if metric in ("dice", "iou"):
        return read_masks, read_masks, globals()[metric]
    return read_columns, read_columns, globals()[metric]


def main():
    metric, submission, holdout, repetitions = sys.argv[1:5]
    read_submission, read_holdout, rule = rules(metric)
    runs = []
    for _ in range(int(repetitions)):
        started = time.perf_counter()
        predicted = read_submission(submission)
        read = time.perf_counter()
        truth = read_holdout(holdout)
        begun = time.perf_counter()
        score = float(rule(predicted, truth))
        runs.append({"read": read - started, "score": time.perf_counter() - begun})
    print(json.dumps({"score": score, "runs": runs}))


main()
