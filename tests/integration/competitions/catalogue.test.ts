import type { CompetitionDetail, CompetitionSummary, DatasetDetail } from '@medforge/contracts'
import { checkSubmission, expectIds } from '@medforge/scoring'
import { describe, expect } from 'vitest'
import { TITANIC, test } from './site.ts'

describe('the catalogue', () => {
  test('lists the three competitions to anybody', async ({ site_api }) => {
    const answer = await site_api.visitor().get('/competitions')
    expect(answer.data<CompetitionSummary[]>().map(({ slug }) => slug)).toEqual([
      'cifar-100-classification',
      'rsna-pneumonia-detection',
      TITANIC,
    ])
    expect(answer.data<CompetitionSummary[]>()[2]).toEqual({
      slug: TITANIC,
      title: 'Titanic survival',
      competition_tier: 'public',
      metric: 'accuracy',
      metric_version: 'accuracy-v1',
      scoring_mode: 'single_realtime_hidden',
      leaderboard_rule: 'best_per_user',
      evaluation_policy: 'canonical_test_first',
      competition_spec_version: 'v1',
      is_permanent: true,
      submission_cap_per_day: 20,
      entrants: 0,
    })
    expect(answer.meta()).toMatchObject({ limit: 50, has_more: false, next_cursor: null })
  })

  test('describes one with its data set, its holdout and its rules', async ({ site_api }) => {
    const answer = await site_api.visitor().get('/competitions/rsna-pneumonia-detection')
    expect(answer.data<CompetitionDetail>()).toMatchObject({
      metric: 'map_iou',
      metric_version: 'map_iou-v2',
      submission_cap_per_day: 10,
      status: 'active',
      higher_is_better: true,
      dataset_slug: 'rsna-pneumonia-detection-challenge',
      holdout: { kind: 'demo', version: expect.stringMatching(/^v1-demo-/), rows: 5337 },
      made_up: ['labels', 'ids'],
      rules: expect.stringContaining('map_iou-v2'),
      sample_submission_url:
        'https://api.medforge.localhost/api/v1/competitions/rsna-pneumonia-detection/sample-submission',
      submission_spec: {
        metric: 'map_iou',
        id_column: 'patientId',
        box_columns: { confidence: 'confidence', x: 'x', y: 'y', width: 'width', height: 'height' },
      },
    })
    const titanic = await site_api.visitor().get(`/competitions/${TITANIC}`)
    expect(titanic.data<CompetitionDetail>().made_up).toEqual(['labels'])
    expect(titanic.data<CompetitionDetail>().submission_spec).toEqual({
      metric: 'accuracy',
      id_column: 'PassengerId',
      target_column: 'Survived',
      label_min: 0,
      label_max: 1,
    })
  })

  test('offers a sample submission that would be accepted', async ({ site_api }) => {
    const answer = await site_api.visitor().get(`/competitions/${TITANIC}/sample-submission`)
    expect(answer.headers['content-type']).toBe('text/csv; charset=utf-8')
    expect(answer.headers['content-disposition']).toContain('attachment')
    const ids = expectIds(Array.from({ length: 418 }, (_, at) => `${892 + at}`))
    const spec = {
      metric: 'accuracy',
      idColumn: 'PassengerId',
      targetColumn: 'Survived',
      labels: { min: 0, max: 1 },
    } as const
    expect(checkSubmission(spec, ids, Buffer.from(answer.text)).ok).toBe(true)
  })

  test('describes data sets without a path of the host', async ({ site_api }) => {
    const { data } = await site_api.visitor().get('/datasets/cifar-100')
    expect(data<DatasetDetail>()).toEqual({
      slug: 'cifar-100',
      title: 'CIFAR-100 (Python version)',
      source: 'https://www.cs.toronto.edu/~kriz/cifar.html',
      license: expect.any(String),
      bytes: 169001437,
      checksum: 'md5:eb9058c3a382ffc7106e4002c42a8d85',
      storage_path: 'cifar-100',
    })
  })

  test.for([
    { path: '/competitions/nothing-here', code: 'competition_not_found' },
    { path: '/competitions/nothing-here/leaderboard', code: 'competition_not_found' },
    { path: '/competitions/nothing-here/sample-submission', code: 'competition_not_found' },
    { path: '/datasets/nothing-here', code: 'dataset_not_found' },
  ])('answers 404 with the name for $path', async ({ path, code }, { site_api }) => {
    const answer = await site_api.visitor().get(path)
    expect(answer.status).toBe(404)
    expect(answer.problem()).toMatchObject({
      code,
      detail: expect.stringContaining('nothing-here'),
    })
  })

  test.for(['/competitions', '/datasets'])('pages %s by cursor', async (path, { site_api }) => {
    const visitor = site_api.visitor()
    const slugs: string[] = []
    let cursor = ''
    for (;;) {
      const answer = await visitor.get(`${path}?limit=2${cursor}`)
      slugs.push(...answer.data<{ slug: string }[]>().map(({ slug }) => slug))
      const { next_cursor, has_more } = answer.meta()
      expect(has_more).toBe(next_cursor !== null)
      if (next_cursor === null) break
      cursor = `&cursor=${next_cursor}`
    }
    expect(slugs).toHaveLength(3)
    expect(slugs).toEqual([...new Set(slugs)].toSorted())
  })

  test('checks the page before the competition', async ({ site_api }) => {
    const visitor = site_api.visitor()
    const limit = await visitor.get('/competitions/nothing-here/leaderboard?limit=501')
    expect(limit.problem()).toMatchObject({
      code: 'invalid_limit',
      detail: expect.stringContaining('between 1 and 500'),
    })
    const cursor = await visitor.get('/competitions/nothing-here/leaderboard?cursor=abc')
    expect(cursor.problem().code).toBe('invalid_cursor')
    expect((await visitor.get('/competitions?limit=many')).status).toBe(422)
  })
})
