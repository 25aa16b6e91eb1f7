import type { Metric } from '@medforge/contracts'

type MetricLabel = { name: string; meaning: string }

const METRIC_LABELS: Record<Metric, MetricLabel> = {
  accuracy: { name: 'Accuracy', meaning: 'the share of rows whose label is right' },
  map_iou: {
    name: 'mAP at IoU 0.40 to 0.75',
    meaning: 'how well the predicted boxes match the true ones, averaged over eight overlaps',
  },
}

export function metricLabel(metric: Metric): MetricLabel {
  return METRIC_LABELS[metric]
}
