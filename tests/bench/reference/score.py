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


def main():
    metric, submission, holdout, repetitions = sys.argv[1:5]
    runs = []
    for _ in range(int(repetitions)):
        started = time.perf_counter()
        if metric == "accuracy":
            predicted = read_labels(submission)
            read = time.perf_counter()
            truth = read_labels(holdout)
            begun = time.perf_counter()
            score = accuracy(predicted, truth)
        else:
            predicted = read_boxes(submission, True)
            read = time.perf_counter()
            truth = read_boxes(holdout, False)
            begun = time.perf_counter()
            score = map_iou(predicted, truth)
        runs.append({"read": read - started, "score": time.perf_counter() - begun})
    print(json.dumps({"score": score, "runs": runs}))


main()
