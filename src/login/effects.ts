/** What the steps of a login act through. Each step names what it uses: `Pick<LoginEffects, 'cache' | 'now'>`. */
import type { LongTermEffects } from './long-term-keys.ts'
import type { SharedFiles } from '../aws-files/shared-files.ts'
import type { ListMfaDevices, Sts } from '../aws/sts.ts'
import type { QuestionEffects } from '../mfa/question-lock.ts'
import type { CodeEffects } from '../mfa/token-code.ts'
import type { AwsCache } from '../sessions/aws-cache.ts'
import type { RememberedFacts } from '../sessions/facts.ts'
import type { CacheEffects } from '../sessions/session-cache.ts'
import type { Sha256 } from '../sessions/session-record.ts'
import type { Terminal } from '../ui/terminal.ts'

export interface LoginEffects
  extends
    CacheEffects,
    QuestionEffects,
    Pick<CodeEffects, 'pause' | 'announceNextCode' | 'now'>,
    Omit<LongTermEffects, 'deadline'> {
  readonly files: SharedFiles
  /** The caches of the AWS CLI and botocore; none if the home folder is unknown. */
  readonly awsCaches: readonly AwsCache[]
  readonly facts: RememberedFacts
  readonly terminal: Pick<Terminal, 'canAsk' | 'confirm' | 'choose' | 'whileWaiting'>
  readonly sha256: Sha256
  /** Undefined if the system has no name for the user. */
  readonly osUser: string | undefined
}

/** The services of AWS, as one login reaches them. */
export interface Connection {
  readonly sts: Sts
  readonly listMfaDevices: ListMfaDevices
  /** The STS endpoint where it is not AWS's own, else ''. */
  readonly endpoint: string
}
