/** How long a new access key is tried: with simulated nodes of STS, each of which learns of it at its own time. */
import { describe, expect, it } from 'vitest'
import { ACCEPTED, LISTED } from '../../src/layouts/rotation.ts'
import { waitUntilSteady } from '../../src/platform/time.ts'

/** Nodes that take turns; each accepts the key from its second on. A call takes 100 ms. */
function nodesThatLearnAfter(seconds: readonly number[], terms = ACCEPTED) {
  let [nowMs, calls] = [1_000_000, 0]
  const startedMs = nowMs
  const accepted: boolean[] = []
  return {
    accepted,
    seconds: () => (nowMs - startedMs) / 1000,
    wait: async () =>
      await waitUntilSteady(
        async () => {
          nowMs += 100
          const isKnown = nowMs - startedMs >= (seconds[calls++ % seconds.length] ?? 0) * 1000
          accepted.push(isKnown)
          return await Promise.resolve(isKnown)
        },
        terms,
        {
          monotonicMs: () => nowMs,
          pause: async (ms) => {
            nowMs += ms
            await Promise.resolve()
          },
          signal: new AbortController().signal,
        },
      ),
  }
}

describe('a new access key', () => {
  it.each([
    { nodes: [0], least: 15, most: 16 },
    { nodes: [4], least: 19, most: 21 },
    { nodes: [0, 0, 9], least: 22, most: 30 },
    { nodes: [0, 20, 5, 12], least: 30, most: 45 },
  ])('is accepted five times in a row over 15 s: nodes that learn of it after %o', async ({ nodes, least, most }) => {
    const sts = nodesThatLearnAfter(nodes)
    expect(await sts.wait()).toBe(true)
    expect(sts.accepted.slice(-5)).toEqual([true, true, true, true, true])
    expect(sts.seconds()).toBeGreaterThanOrEqual(least)
    expect(sts.seconds()).toBeLessThanOrEqual(most)
  })

  it.each([[[3600]], [[0, 3600]], [[0, 0, 0, 3600]]])('is given up after 60 s: nodes %o', async (nodes) => {
    const sts = nodesThatLearnAfter(nodes)
    expect(await sts.wait()).toBe(false)
    expect(sts.seconds()).toBeGreaterThan(50)
    expect(sts.seconds()).toBeLessThanOrEqual(60)
  })

  it('is not tried on once the command is cancelled', async () => {
    const reason = new Error('cancelled')
    const waiting = waitUntilSteady(() => Promise.resolve(true), ACCEPTED, {
      monotonicMs: () => 0,
      pause: () => Promise.reject(reason),
      signal: AbortSignal.abort(reason),
    })
    await expect(waiting).rejects.toBe(reason)
  })
})

describe('a change of an access key', () => {
  it.each([
    { nodes: [0], calls: 1 },
    { nodes: [3], calls: 3 },
  ])('is listed once: nodes that learn of it after %o', async ({ nodes, calls }) => {
    const iam = nodesThatLearnAfter(nodes, LISTED)
    expect(await iam.wait()).toBe(true)
    expect(iam.accepted).toHaveLength(calls)
  })

  it('is given up after 10 s', async () => {
    const iam = nodesThatLearnAfter([3600], LISTED)
    expect(await iam.wait()).toBe(false)
    expect(iam.seconds()).toBeLessThanOrEqual(10)
  })
})
