/** Files before and after a setup, for tests of its plan. */
import { AwsmfaError } from '../../src/model/failure.ts'
import type { Failure } from '../../src/model/failure.ts'
import { applyEdits } from '../../src/aws-files/ini-document.ts'
import { planSetup } from '../../src/layouts/setup-plan.ts'
import type { SetupInput, SetupPlan } from '../../src/layouts/setup-plan.ts'
import { snapshotsOf as sharedSnapshots } from '../../src/aws-files/profiles.ts'
import type { SharedSnapshots } from '../../src/aws-files/profiles.ts'

/** Both files, as text. */
export interface Files {
  readonly credentials: string
  readonly config: string
}

export const KEYS =
  'aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n'
export const SERIAL = 'arn:aws:iam::111111111111:mfa/alice'

export function snapshotsOf({ credentials, config }: Files): SharedSnapshots {
  return sharedSnapshots({
    credentials: { path: '~/.aws/credentials', text: credentials, exists: true },
    config: { path: '~/.aws/config', text: config, exists: true },
  })
}

/** Plans the setup of a profile. */
export function planFor(files: Files, profile: string, more: Partial<SetupInput> = {}): SetupPlan {
  const target = { value: profile, origin: { kind: 'flag', flag: 'profile' } } as const
  return planSetup({
    snapshots: snapshotsOf(files),
    target,
    credentials: undefined,
    serialNumber: undefined,
    region: undefined,
    ...more,
  })
}

/** Returns the files as setup makes them. */
export function setUp(files: Files, profile: string, more: Partial<SetupInput> = {}): Files {
  const { edits } = planFor(files, profile, more)
  return {
    credentials: applyEdits(files.credentials, edits.credentials),
    config: applyEdits(files.config, edits.config),
  }
}

/** Returns the failure that something throws. */
export function failureOf(act: () => unknown): Failure {
  try {
    act()
  } catch (error) {
    if (error instanceof AwsmfaError) return error.failure
    throw error
  }
  throw new Error('nothing was thrown')
}
