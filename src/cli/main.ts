import type { Invocation } from '../core/invocation.ts'

export function run(_invocation: Invocation): Promise<number> {
  return Promise.resolve(0)
}
