import type { Metric } from '@medforge/contracts'

type MetricLabel = { name: string; meaning: string }

const METRIC_LABELS: Record<Metric, MetricLabel> = {
  accuracy: { name: 'Accuracy', meaning: 'the share of rows whose label is right' },
  balanced_accuracy: {
    name: 'Balanced accuracy',
    meaning: 'the share of right labels among the rows of each label, averaged over the labels',
  },
  macro_f1: { name: 'Macro F1', meaning: 'the F1 of each label, averaged over the labels' },
  quadratic_weighted_kappa: {
    name: 'Quadratic weighted kappa',
    meaning: 'how much closer the labels are than chance would bring them',
  },
  auroc: {
    name: 'AUROC',
    meaning: 'how often a true row has a higher probability than a false one',
  },
  average_precision: {
    name: 'Average precision',
    meaning: 'the precision at each recall, from the highest probability down',
  },
  log_loss: { name: 'Log loss', meaning: 'how little probability was given to what is true' },
  rmse: { name: 'RMSE', meaning: 'the root of the mean squared error' },
  mae: { name: 'MAE', meaning: 'the mean absolute error' },
  r2: { name: 'R²', meaning: 'the share of the spread that the predictions explain' },
  concordance_index: {
    name: 'Concordance index',
    meaning: 'how often the one with the higher risk had the event first',
  },
  dice: { name: 'Dice', meaning: 'how much of the two masks is shared, averaged over the images' },
  iou: {
    name: 'IoU',
    meaning: 'the shared part of what either mask covers, averaged over the images',
  },
  map_iou: {
    name: 'mAP at IoU 0.40 to 0.75',
    meaning: 'how well the predicted boxes match the true ones, averaged over eight overlaps',
  },
}

export function metricLabel(metric: Metric): MetricLabel {
  return METRIC_LABELS[metric]
}
