/** What a person has to know about sessions to handle them well, for `awsmfa help security` and the man page. */

/** A part: a heading, and what stands under it. Lines of code stand as they are. */
export interface TextPart {
  readonly heading: string
  readonly blocks: readonly (string | { readonly code: readonly string[] })[]
}

/**
 * Gives the text. `revokeBefore`: the time in the policy, ISO 8601 in UTC. That the key aws:TokenIssueTime is there only in
 * requests with temporary credentials, and that a policy with it is the way to revoke them: AWS IAM User Guide, "AWS global
 * condition context keys" and "Disable permissions for temporary security credentials".
 */
export function securityText(revokeBefore: string): readonly TextPart[] {
  return [worthToThief(), logoutLimits(), revoking(revokeBefore), lyingOnDisk()]
}

function worthToThief(): TextPart {
  return {
    heading: 'What a session is worth to a thief',
    blocks: [
      'All that your user may do with MFA, from any computer, without a code, until the session ends: 12 hours after login where nothing else is set, 36 at most; a role for 12 hours at most. A policy that asks for MFA lets it through: the code was given.',
      'If your user may make access keys or users, so may the thief, and what they make outlasts the session. Shorter sessions are worth less: awsmfa login --duration 1h.',
      'The long-term keys by themselves are worth what your policies allow without MFA, for as long as they exist. Let policies ask for aws:MultiFactorAuthPresent; then the keys alone open nothing of value.',
    ],
  }
}

function logoutLimits(): TextPart {
  return {
    heading: 'What logout does not do',
    blocks: [
      "awsmfa logout takes the session out of the credentials file and out of awsmfa's cache. It does not end it: AWS has no call for that, and honours every copy until it expires. Copies may be in programs that still run, in shells that took them from awsmfa env, in caches and logs of other tools, in backups of your files.",
    ],
  }
}

function revoking(revokeBefore: string): TextPart {
  return {
    heading: 'How to end sessions before their time',
    blocks: [
      'Attach a policy to the user that denies everything to sessions from before a certain time, such as:',
      { code: JSON.stringify(denyOlderSessions(revokeBefore), null, 2).split('\n') },
      'With that in deny.json, an administrator runs:',
      { code: ['aws iam put-user-policy --user-name alice \\', '  --policy-name RevokeOlderSessions --policy-document file://deny.json'] },
      "It counts within seconds, as soon as IAM has spread it. All older sessions of the user are denied everything; new logins work, and so do the long-term keys, since only requests with temporary credentials carry aws:TokenIssueTime. Sessions of a role are the role's: attach the same policy to it with aws iam put-role-policy, or use Revoke sessions in the console. That ends the sessions of everybody who uses the role.",
      'If the long-term keys may be out too, make them inactive with aws iam update-access-key --status Inactive. That keeps new sessions from being made, and ends none: the policy is needed besides. Then look for what was made meanwhile: keys, users, roles, MFA devices.',
    ],
  }
}

/** The policy that the IAM console attaches as AWSRevokeOlderSessions. */
function denyOlderSessions(revokeBefore: string): unknown {
  return {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Deny', Action: '*', Resource: '*', Condition: { DateLessThan: { 'aws:TokenIssueTime': revokeBefore } } }],
  }
}

function lyingOnDisk(): TextPart {
  return {
    heading: 'Where secrets lie',
    blocks: [
      "In the shared credentials file, in awsmfa's session cache, which is encrypted, and for a while in what undo goes by; all with mode 0600. Whoever can read your files, and every program that runs as you, has them. Secrets never stand in messages, file names or the words of a command; a code given as --token-code 123456 can be seen in the list of processes while awsmfa runs, and is spent at once. To avoid that: --token-code - reads it from stdin.",
    ],
  }
}
