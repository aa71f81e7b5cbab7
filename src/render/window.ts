/** The words of the window that asks for a token code. Plain text: what shows it makes it harmless for itself. */
import { withoutArn } from '../core/login/mfa-device.ts'
import type { TokenCodeRequest } from '../core/ports.ts'
import { visible } from '../core/visible-text.ts'
import { deviceName, whyRefused } from './prompt.ts'

/** A window's text, line by line, and why it is shown again. */
export interface WindowWords {
  readonly title: string
  readonly text: string
  readonly problem: string | undefined
  readonly label: string
}

/** What the words depend on besides the request. `role`: what the session is for in the end. `malformed`: the text before was no code. */
export interface WindowView {
  readonly role: string | undefined
  readonly hideArns: boolean
  readonly malformed: boolean
}

/** Says which code is wanted: for which profile, role and device. */
export function tokenCodeWindow(request: TokenCodeRequest, { role, hideArns, malformed }: WindowView): WindowWords {
  const { profile, profiles, serialNumber, userName, refusal } = request
  const show = (arn: string): string => visible(hideArns ? withoutArn(arn) : arn)
  const roleArn = request.roleArn ?? role
  const lines = [
    `MFA code for ${visible(userName ?? deviceName(serialNumber))}`,
    '',
    profiles > 1 ? `Serves ${profiles} profiles` : `Profile: ${visible(profile)}`,
    ...(roleArn === undefined || profiles > 1 ? [] : [`Role: ${show(roleArn)}`]),
    `Device: ${show(serialNumber)}`,
  ]
  return { title: 'awsmfa', text: lines.join('\n'), problem: problemOf(refusal, malformed), label: 'Token code' }
}

function problemOf(refusal: TokenCodeRequest['refusal'], malformed: boolean): string | undefined {
  if (malformed) return 'A code has six digits.'
  if (refusal === undefined) return undefined
  const words = whyRefused(refusal)
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`
}
