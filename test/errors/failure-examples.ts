/** Every failure there is, in every variant that has words of its own. The types see to it that none is left out. */
import type { Failure, FailureCode } from '../../src/model/failure.ts'
import type { StsArgumentProblem, UsageProblem } from '../../src/model/invocation.ts'
import type { Origin, Place } from '../../src/model/profile.ts'

type Of<Code extends FailureCode> = Omit<Extract<Failure, { readonly code: Code }>, 'code'>
type Examples = { readonly [Code in Exclude<FailureCode, 'USAGE' | 'STS_ARGUMENT'>]: readonly Of<Code>[] }
type Kinds<Problem extends { readonly kind: string }> = {
  readonly [Kind in Problem['kind']]: readonly Omit<Extract<Problem, { readonly kind: Kind }>, 'kind'>[]
}

const CREDENTIALS: Place = { path: '/home/alice/.aws/credentials', line: 3 }
const CONFIG: Place = { path: '/home/alice/.aws/config', line: 12 }
const PATHS = ['/home/alice/.aws/config', '/home/alice/.aws/credentials']
const COMMAND: Origin = { kind: 'file', file: 'config', profile: 'work', key: 'mfa_process', line: 7 }
const SERIAL = 'arn:aws:iam::111111111111:mfa/alice'
const ALICE_ARN = 'arn:aws:iam::111111111111:user/alice'
const OLD_KEY = {
  accessKeyId: '…MPLE',
  isActive: true,
  createdAt: new Date('2025-10-05T08:00:00Z'),
  use: { at: new Date('2026-11-20T08:12:00Z'), service: 'sts' },
}
const NEW_KEY = {
  accessKeyId: '…WXYZ',
  isActive: true,
  createdAt: new Date('2026-11-21T11:00:00Z'),
  use: 'never',
} as const
const INACTIVE_KEY = { accessKeyId: '…ABCD', isActive: false, createdAt: undefined, use: undefined }
const FLAG: Origin = { kind: 'flag', flag: '--profile' }
const VARIABLE: Origin = { kind: 'environment', variable: 'AWS_PROFILE' }
const IN_CONFIG: Origin = { kind: 'file', file: 'config', profile: 'work', key: 'source_profile', line: 12 }

const USAGE: Kinds<UsageProblem> = {
  'missing-command': [{}],
  'unknown-command': [
    { word: 'logn', nearest: 'login' },
    { word: 'frobnicate' },
    ...['list', 'whoami', 'configure', 'renew', 'shell', 'completion', 'use', 'assume', 'add', 'clear'].map((word) => ({
      word,
    })),
  ],
  'unknown-topic': [
    { word: 'exit-code', known: ['exit-codes', 'config'], nearest: 'exit-codes' },
    { word: 'frobnicate', known: ['exit-codes', 'config'] },
  ],
  'unknown-shell': [
    { known: ['bash', 'zsh', 'fish', 'powershell'] },
    { word: 'tcsh', known: ['bash', 'zsh', 'fish', 'powershell'] },
  ],
  'unknown-option': [
    { option: '--frce', command: 'login', nearest: '--force' },
    { option: '--x', command: 'status' },
    { option: '--x' },
  ],
  'abbreviated-option': [{ option: '--prof', full: '--profile' }],
  'repeated-option': [{ option: '--profile' }],
  'missing-value': [{ option: '--region', expected: 'NAME' }],
  'empty-value': [{ option: '--region' }, { option: 'profile' }],
  'unexpected-value': [{ option: '--json' }],
  'bad-value': [
    { option: '--min-ttl', value: 'soon', expected: 'a duration such as 45m' },
    {
      option: 'AWSMFA_DURATION',
      value: 'long',
      expected: 'a duration such as 12h',
      origin: { kind: 'environment', variable: 'AWSMFA_DURATION' },
    },
  ],
  'unknown-action': [
    { command: 'cache', word: 'shwo', known: ['show', 'clear'], nearest: 'show' },
    { command: 'cache', word: 'work', known: ['show', 'clear'] },
    { command: 'cache', known: ['show', 'clear'] },
  ],
  'option-of-other-action': [{ command: 'cache', option: '--quiet', action: 'show', other: 'clear' }],
  'unexpected-word': [{ word: 'b', command: 'status' }],
  'unexpected-separator': [{ command: 'status' }, {}],
  'missing-separator': [
    { command: 'exec', before: ['prod'], words: ['terraform', 'plan', '-out', 'my plan'], quotesSeparator: false },
    { command: 'exec', before: ['--profile=-x'], words: ['env'], quotesSeparator: true },
  ],
  'missing-tail': [{ command: 'exec', before: ['my prod'], quotesSeparator: false }],
  'conflicting-profiles': [{ positional: 'a', option: 'b' }],
  'conflicting-options': [{ options: ['--duration', '--duration-seconds'] }],
  'missing-option': [
    {
      command: 'setup',
      option: '--role-arn',
      needed: '--source-profile',
      words: ['admin', '--role-arn', 'ARN', '--source-profile', 'BASE'],
    },
    { command: 'setup', option: '--role-arn', words: ['NAME', '--role-arn', 'ARN', '--source-profile', 'work'] },
  ],
  'needs-terminal': [{ option: '--watch', words: ['--all'] }],
  'unknown-placeholder': [{ placeholder: 'nam', known: ['profile', 'state'] }],
  'unknown-setting': [
    { path: '/home/alice/.config/awsmfa/config.ini', key: 'duratoin', line: 2, nearest: 'duration' },
    {
      path: '/home/alice/.config/awsmfa/config.toml',
      key: 'profile',
      line: 1,
      instead: 'set AWS_PROFILE, which every AWS tool reads',
    },
  ],
  'repeated-setting': [{ path: '/home/alice/.config/awsmfa/config.ini', key: 'duration', lines: [1, 4] }],
  'setting-type': [
    { path: '/home/alice/.config/awsmfa/config.yaml', key: 'duration', line: 2, found: 'list' },
    { path: '/home/alice/.config/awsmfa/config.toml', key: 'region', found: 'date' },
  ],
  'several-settings-files': [
    { paths: ['/home/alice/.config/awsmfa/config.ini', '/home/alice/.config/awsmfa/config.toml'] },
  ],
  'malformed-settings': [
    { path: '/home/alice/.config/awsmfa/config.toml', format: 'toml', line: 1 },
    { path: '/home/alice/.config/awsmfa/config.json', format: 'json', line: 3 },
    { path: '/home/alice/.config/awsmfa/config.yaml', format: 'yaml', line: 2 },
    { path: '/home/alice/.config/awsmfa/config.ini', format: 'ini' },
  ],
  'token-code-for-many': [{ profiles: 3 }],
  'token-command-for-many': [
    { profiles: 2, origin: { kind: 'flag', flag: '--token-command' } },
    {
      profiles: 2,
      origin: {
        kind: 'settings',
        key: 'token_command',
        place: { path: '/home/alice/.config/awsmfa/config.ini', line: 3 },
      },
    },
    { profiles: 3, origin: { kind: 'file', file: 'config', profile: 'base', key: 'mfa_process', line: 7 } },
  ],
}

const STS_ARGUMENT: Kinds<StsArgumentProblem> = {
  'unknown-flag': [{ flag: '--duration-secnds', operation: 'GetSessionToken', nearest: '--duration-seconds' }],
  'ambiguous-flag': [{ flag: '--role', candidates: ['--role-arn', '--role-session-name'] }],
  'refused-flag': [
    { flag: '--output', because: 'login does not print the STS response', instead: '--json before --' },
    { flag: '--no-paginate', because: 'STS responses have one page' },
  ],
  'role-flag-without-role': [{ flag: '--external-id' }],
  'missing-value': [{ flag: '--role-arn' }, { flag: '--external-id', leadingDash: '-x' }],
  'bare-word': [{ word: 'work' }],
  'bad-value': [{ flag: '--duration-seconds', value: 'abc', expected: 'an integer' }],
  'unreadable-file': [{ flag: '--policy', path: '/home/alice/p.json', reason: 'ENOENT' }],
  contradiction: [{ flag: '--region', before: 'eu-west-1', after: 'us-east-1' }],
}

const OTHERS: Examples = {
  LOGINS_FAILED: [{ of: 4, causes: [{ code: 'THROTTLED', operation: 'AssumeRole' }] }],
  DURATION_OUT_OF_RANGE: [
    {
      operation: 'GetSessionToken',
      seconds: 12,
      minimum: 900,
      maximum: 129_600,
      origin: { kind: 'flag', flag: '--duration' },
    },
    {
      operation: 'AssumeRole',
      seconds: 1,
      minimum: 900,
      maximum: 43_200,
      origin: { kind: 'file', file: 'config', profile: 'work', key: 'duration_seconds', line: 3 },
    },
    {
      operation: 'GetSessionToken',
      seconds: 144_000,
      minimum: 900,
      maximum: 129_600,
      origin: { kind: 'flag', flag: '--duration' },
    },
    {
      operation: 'AssumeRole',
      seconds: 60,
      minimum: 900,
      maximum: 43_200,
      origin: { kind: 'environment', variable: 'AWSMFA_DURATION' },
    },
  ],
  TOKEN_CODE_MALFORMED: [
    { source: 'flag' },
    { source: 'sts-flag' },
    { source: 'stdin' },
    { source: 'command' },
    { source: 'typed' },
  ],
  MFA_SERIAL_MALFORMED: [
    {
      defect: 'fido',
      serial: 'arn:aws:iam::111111111111:u2f/user/alice/key',
      origin: { kind: 'environment', variable: 'AWS_MFA_SERIAL' },
    },
    {
      defect: 'user-arn',
      serial: 'arn:aws:iam::111111111111:user/alice',
      origin: { kind: 'file', file: 'config', profile: 'work', key: 'mfa_serial', line: 4 },
      corrected: SERIAL,
    },
    { defect: 'alphabet', serial: 'a b', origin: { kind: 'flag', flag: '--serial-number' } },
    { defect: 'length', serial: 'x', origin: { kind: 'sts-flag', flag: '--serial-number' } },
  ],
  TEXT_REFUSED: [
    { what: 'profile name', text: 'x]\n[default', defect: 'control-character', origin: VARIABLE },
    { what: 'profile name', text: 'a]', defect: 'closing-bracket', origin: FLAG },
    { what: 'profile name', text: 'DEFAULT', defect: 'reserved-name', origin: FLAG },
    { what: 'profile name', text: ' a', defect: 'outer-space', origin: FLAG },
    {
      what: 'role session name',
      text: 'x'.repeat(300),
      defect: 'too-long',
      origin: {
        kind: 'settings',
        key: 'role_session_name',
        place: { path: '/home/alice/.config/awsmfa/config.ini', line: 3 },
      },
    },
    { what: 'external id', text: 'ü', defect: 'alphabet', origin: FLAG },
    { what: 'region', text: '', defect: 'empty', origin: FLAG },
    { what: 'session token from STS', text: '', defect: 'control-character', origin: { kind: 'default' } },
  ],
  PROFILE_NOT_FOUND: [
    { profile: 'prdo', origin: FLAG, paths: PATHS, nearest: 'prod', other: 'prod' },
    { profile: 'zzz', origin: VARIABLE, paths: PATHS, other: 'prod' },
    { profile: 'zzz', origin: FLAG, paths: PATHS },
    { profile: 'default', origin: { kind: 'default' }, paths: PATHS },
    { profile: 'default', origin: { kind: 'default' }, paths: PATHS, other: 'my work' },
  ],
  IMPORT_AMBIGUOUS: [{ tools: ['aws-mfa', 'dcoker-awsmfa'] }],
  PROFILE_NOT_NAMED: [
    { candidates: ['my work'], hasDefault: true },
    { candidates: ['work', 'admin'] },
    { candidates: Array.from({ length: 40 }, (_, index) => `account-${index}`) },
    { candidates: ['my work', 'bob'], command: 'setup' },
    { candidates: [], command: 'setup' },
  ],
  SOURCE_PROFILE_NOT_FOUND: [{ profile: 'work', source: 'bsae', origin: IN_CONFIG, paths: PATHS, nearest: 'base' }],
  SOURCE_PROFILE_CYCLE: [{ path: ['a', 'b', 'a'] }],
  SOURCE_PROFILE_AMBIGUOUS: [
    {
      profile: 'work',
      candidates: [
        { profile: 'work-long-term', place: CREDENTIALS },
        { profile: 'workPerm', place: CONFIG },
      ],
    },
  ],
  LONG_TERM_CREDENTIALS_MISSING: [
    { profile: 'work', path: ['work', 'base'], lookedFor: ['base-long-term', 'basePerm'], sessionAt: CREDENTIALS },
    { profile: 'work', path: ['work'], lookedFor: [] },
    { profile: 'admin', path: ['admin', 'dev'], lookedFor: ['dev-long-term'], signIn: 'aws login' },
    { profile: 'dev', path: ['dev'], lookedFor: ['dev-long-term'], signIn: 'aws login' },
  ],
  LONG_TERM_CREDENTIALS_MALFORMED: [
    {
      key: 'aws_secret_access_key',
      origin: { kind: 'file', file: 'credentials', profile: 'work', key: 'aws_secret_access_key', line: 3 },
      defect: 'quotes',
    },
    { key: 'aws_access_key_id', origin: { kind: 'environment', variable: 'AWS_ACCESS_KEY_ID' }, defect: 'swapped' },
    { key: 'aws_access_key_id', origin: { kind: 'environment', variable: 'AWS_ACCESS_KEY_ID' }, defect: 'placeholder' },
  ],
  LONG_TERM_CREDENTIALS_INCOMPLETE: [{ profile: 'work', missing: 'aws_secret_access_key', place: CREDENTIALS }],
  LONG_TERM_VARIABLES_MISSING: [
    { missing: ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'], sessionTokenSet: false },
    { missing: [], sessionTokenSet: true },
  ],
  MFA_SERIAL_MISSING: [
    { profile: 'work', path: ['work'], listing: 'denied', devices: [] },
    { profile: 'default', path: ['default'], listing: 'failed', devices: [] },
    { profile: 'work', path: ['work'], listing: 'several', devices: [SERIAL, 'GAHT12345678'] },
    { profile: 'work', path: ['work'], listing: 'empty', devices: [] },
    { profile: 'work', path: ['work'], listing: 'fido-only', devices: [] },
    { profile: 'work', path: ['work'], listing: 'denied', devices: [], command: 'setup' },
  ],
  SECTION_HOLDS_LONG_TERM_CREDENTIALS: [
    { profile: 'default', place: CREDENTIALS, sourceIsSame: true },
    { profile: 'my work', place: CREDENTIALS, sourceIsSame: false },
  ],
  SECTION_NOT_OURS: [
    {
      profile: 'work',
      place: CREDENTIALS,
      session: { manager: 'awsume', expiration: new Date(2026, 10, 21, 19, 40), accessKeyId: '…MPLE' },
    },
    { profile: 'work', place: CREDENTIALS, session: { accessKeyId: '…MPLE' } },
  ],
  LAYOUT_UNSUITABLE: [
    { profile: 'work', reason: 'name-taken', places: [CREDENTIALS] },
    { profile: 'work', reason: 'keys-in-both-files', places: [CREDENTIALS, CONFIG] },
    { profile: 'work', reason: 'keys-beside-source', places: [CREDENTIALS, { ...CREDENTIALS, line: 9 }] },
    { profile: 'work', reason: 'has-keys', places: [CREDENTIALS] },
    { profile: 'admin', reason: 'own-source', places: [CONFIG] },
    { profile: 'work', reason: 'devices-differ', places: [CONFIG, { ...CONFIG, line: 17 }] },
    { profile: 'work', reason: 'one-file', places: [{ path: '/home/alice/.aws/config' }] },
    { profile: 'a #b', reason: 'name-in-process', places: [{ path: '/home/alice/.aws/config' }] },
    { profile: 'work', reason: 'session-beside-process', places: [CREDENTIALS] },
    { profile: 'work', reason: 'credentials-in-role', places: [CREDENTIALS] },
    { profile: 'work', reason: 'source-of-others', places: [CONFIG] },
  ],
  UNDO_CONFLICT: [
    { place: CONFIG, section: 'profile admin', reason: 'changed' },
    { place: CONFIG, section: 'profile work', reason: 'changed', rotated: 'work' },
    { place: CREDENTIALS, section: 'default', reason: 'signed-in' },
    { place: CREDENTIALS, section: 'work', reason: 'in-the-way' },
    {
      place: CONFIG,
      section: 'work',
      reason: 'no-item',
      missing: { store: 'pass', accessKeyId: '…MPLE', profile: 'work' },
    },
    {
      place: CONFIG,
      section: 'work',
      reason: 'no-item',
      missing: { store: 'keychain', accessKeyId: '…MPLE', profile: undefined },
    },
  ],
  SESSION_WOULD_BE_IGNORED: [
    { profile: 'admin', key: 'role_arn', place: CONFIG, standardRole: true },
    { profile: 'sso', key: 'sso_session', place: CONFIG, standardRole: false, signIn: 'aws sso login' },
    { profile: 'dev', key: 'login_session', place: CONFIG, standardRole: false, signIn: 'aws login' },
    { profile: 'default', key: 'login_session', place: CONFIG, standardRole: false },
    { profile: 'g', key: 'credential_process', place: CONFIG, standardRole: false, ofGranted: true },
    { profile: 'admin', key: 'role_arn', place: CONFIG, standardRole: false, role: 'without-source' },
    { profile: 'admin', key: 'role_arn', place: CONFIG, standardRole: true, role: 'two-sources' },
    { profile: 'admin', key: 'role_arn', place: CONFIG, standardRole: false, role: 'credential-source' },
    { profile: 'admin', key: 'role_arn', place: CONFIG, standardRole: false, role: 'web-identity' },
  ],
  KEYS_UNSUITABLE: [
    { profile: 'work', reason: 'process', places: [CONFIG] },
    { profile: 'work', reason: 'has-keys', places: [CREDENTIALS] },
    { profile: '', reason: 'one-file', places: [CREDENTIALS] },
    { profile: 'work', reason: 'two-pairs', places: [CREDENTIALS, CONFIG] },
    { profile: 'work', reason: 'parts-apart', places: [CREDENTIALS] },
    { profile: 'work', reason: 'in-use', places: [CONFIG] },
    { profile: 'work', reason: 'named', places: [CONFIG] },
    { profile: 'work', reason: 'only-copy', places: [CONFIG] },
    { profile: 'work', reason: 'only-copy', places: [] },
    { profile: 'work', reason: 'rotating', places: [] },
    { profile: 'work', reason: 'rotated', places: [] },
  ],
  ROTATION_STOPPED: [
    { profile: 'work', reason: 'process', keys: [], place: CONFIG },
    { profile: 'work', reason: 'root', keys: [] },
    { profile: 'work', reason: 'role', keys: [] },
    { profile: 'work', reason: 'two-keys', identity: ALICE_ARN, keys: [OLD_KEY, INACTIVE_KEY] },
    { profile: 'work', reason: 'two-keys', identity: ALICE_ARN, keys: [OLD_KEY, { ...INACTIVE_KEY, isActive: true }] },
    { profile: 'work', reason: 'not-accepted', keys: [NEW_KEY] },
    { profile: 'work', reason: 'not-accepted', keys: [OLD_KEY], isUndo: true },
    { profile: 'work', reason: 'answer-lost', keys: [] },
    { profile: 'work', reason: 'not-stored', keys: [NEW_KEY] },
    { profile: 'work', reason: 'replaced', keys: [INACTIVE_KEY, NEW_KEY] },
    { profile: 'work', reason: 'candidate', keys: [NEW_KEY] },
    { profile: 'work', reason: 'replace-unknown', identity: ALICE_ARN, keys: [OLD_KEY], last4: 'QQQQ' },
    { profile: 'work', reason: 'replace-ambiguous', identity: ALICE_ARN, keys: [], last4: 'MPLE' },
    { profile: 'work', reason: 'replace-active', keys: [OLD_KEY], last4: 'MPLE' },
    { profile: 'work', reason: 'replace-in-use', keys: [OLD_KEY], last4: 'MPLE' },
    { profile: 'work', reason: 'nothing-to-undo', keys: [OLD_KEY] },
    { profile: 'work', reason: 'nothing-to-delete', keys: [OLD_KEY] },
    { profile: 'work', reason: 'nothing-to-delete', keys: [OLD_KEY, INACTIVE_KEY] },
    { profile: 'work', reason: 'not-activated', keys: [OLD_KEY], isUndo: true },
    { profile: 'work', reason: 'not-deactivated', keys: [OLD_KEY] },
    { profile: 'work', reason: 'not-deleted', keys: [OLD_KEY] },
    { profile: 'work', reason: 'not-replaced', keys: [INACTIVE_KEY] },
    { profile: 'work', reason: 'undo-too-late', keys: [INACTIVE_KEY] },
    { profile: 'work', reason: 'old-deleted', keys: [INACTIVE_KEY] },
    { profile: 'work', reason: 'old-active', keys: [OLD_KEY] },
    { profile: 'work', reason: 'old-not-ours', keys: [INACTIVE_KEY] },
  ],
  REGION_UNKNOWN: [{ partition: 'aws-iso-x' }],
  FILE_UNREADABLE: [
    { place: { path: '/home/alice/.aws/credentials' }, errno: 'EACCES' },
    { place: { path: '/elsewhere/credentials' }, errno: 'EWEIRD' },
  ],
  FILE_ENCODING_UNSUPPORTED: [{ place: { path: '/home/alice/.aws/config' } }],
  FILE_NOT_REGULAR: [
    { place: CREDENTIALS, found: 'directory' },
    { place: CREDENTIALS, found: 'fifo' },
    { place: CREDENTIALS, found: 'symlink-loop' },
  ],
  FILE_NOT_WRITABLE: [
    { place: { path: '/home/alice/.aws/credentials' }, errno: 'ENOSPC', step: 'stage' },
    { place: { path: '/home/alice/.aws/credentials' }, errno: 'EROFS', step: 'rename' },
    { place: { path: '/home/alice/.aws/credentials' }, errno: 'EIO', step: 'compare' },
    {
      place: { path: '/home/alice/.aws/credentials' },
      errno: 'EIO',
      step: 'restore',
      keptAt: '/home/alice/.aws/credentials.awsmfa-1-abc',
    },
  ],
  FILE_INCOMPLETE_WRITE: [{ place: { path: '/home/alice/.aws/credentials' }, wanted: 96_070, written: 40_960 }],
  FILE_MALFORMED: [
    { place: CREDENTIALS, defect: 'duplicate-section', section: 'work', otherLine: 9 },
    { place: CREDENTIALS, defect: 'ambiguous-header', section: 'work' },
    { place: CREDENTIALS, defect: 'key-unplaceable', section: 'work' },
    { place: CREDENTIALS, defect: 'duplicate-key', section: 'work', otherLine: 5 },
    { place: CREDENTIALS, defect: 'nul', section: 'work' },
  ],
  FILE_LOCKED: [
    {
      place: { path: '/home/alice/.aws/credentials' },
      holder: { pid: 4711, host: 'box', since: new Date(2026, 10, 21, 7, 59) },
      waitedMs: 10_000,
    },
    { place: { path: '/home/alice/.aws/credentials' }, waitedMs: 10_000 },
  ],
  FILE_KEEPS_CHANGING: [{ place: { path: '/home/alice/.aws/credentials' } }],
  FILE_PARTLY_WRITTEN: [{ place: { path: '/home/alice/.aws/credentials' }, written: 'config', errno: 'ENOSPC' }],
  EDIT_NOT_CONTAINED: [{ place: { path: '/home/alice/.aws/credentials' } }],
  HOME_UNKNOWN: [{}],
  HOME_OF_ANOTHER: [{ place: { path: '/home/alice/.aws' }, owner: 1000 }],
  SETTINGS_UNREADABLE: [{ place: { path: '/home/alice/.config/awsmfa/config.ini' }, errno: 'EACCES' }],
  STDOUT_UNWRITABLE: [{ errno: 'ENOSPC' }],
  KEYCHAIN_UNAVAILABLE: [
    { platform: 'linux', reason: 'locked', addOn: '@napi-rs/keyring@2.1.2' },
    { platform: 'linux', reason: 'no-service', addOn: '@napi-rs/keyring@2.1.2' },
    { platform: 'linux', reason: 'no-keyring', addOn: '@napi-rs/keyring@2.1.2' },
    { platform: 'linux', reason: 'slow', addOn: '@napi-rs/keyring@2.1.2' },
    { platform: 'darwin', reason: 'slow', addOn: '@napi-rs/keyring@2.1.2' },
    { platform: 'linux', reason: 'denied', addOn: '@napi-rs/keyring@2.1.2' },
    { platform: 'win32', reason: 'denied', addOn: '@napi-rs/keyring@2.1.2', detail: 'Platform failure: 5' },
    { platform: 'linux', reason: 'no-add-on', addOn: '@napi-rs/keyring@2.1.2' },
    { platform: 'linux', reason: 'no-program', addOn: '@napi-rs/keyring@2.1.2' },
    { platform: 'darwin', reason: 'not-a-key', addOn: '@napi-rs/keyring@2.1.2' },
    ...(['locked', 'no-service', 'no-keyring', 'slow', 'denied', 'no-add-on', 'no-program'] as const).map((reason) => ({
      platform: 'linux' as const,
      reason,
      addOn: '@napi-rs/keyring@2.1.2',
      wanted: 'access-key' as const,
    })),
  ],
  VAULT_ITEM_UNREADABLE: (
    ['wrong-passphrase', 'damaged', 'locked', 'slow', 'no-program', 'no-item', 'refused'] as const
  ).map((reason) => ({ profile: 'work', item: '/home/alice/.awsvault/keys/work', reason, detail: 'x' })),
  KEY_STORE_FAILED: [
    ...(['no-item', 'damaged', 'newer', 'other-secret', 'not-kept', 'wrong-passphrase'] as const).map((reason) => ({
      store: 'encrypted-file' as const,
      reason,
      accessKeyId: '…MPLE',
      item: '/home/alice/.config/awsmfa/keys/AKIAIOSFODNN7EXAMPLE.json',
    })),
    ...(['no-item', 'other-secret', 'locked', 'slow', 'no-program', 'no-store'] as const).map((reason) => ({
      store: 'pass' as const,
      reason,
      accessKeyId: '…MPLE',
      item: 'awsmfa/AKIAIOSFODNN7EXAMPLE',
    })),
    {
      store: 'pass',
      reason: 'refused',
      accessKeyId: '…MPLE',
      item: 'awsmfa/AKIAIOSFODNN7EXAMPLE',
      detail: 'gpg: decryption failed: No secret key',
    },
  ],
  PASSPHRASE_COMMAND_FAILED: [
    { program: 'op', origin: { kind: 'flag', flag: '--passphrase-command' }, reason: 'not-found', wantsShell: false },
    {
      program: 'op',
      origin: { kind: 'environment', variable: 'AWSMFA_PASSPHRASE_COMMAND' },
      reason: 'output',
      wantsShell: true,
    },
  ],
  PROMPT_UNAVAILABLE: [
    { obstacle: 'no-terminal', wanted: 'token-code' },
    { obstacle: 'background', wanted: 'token-code' },
    { obstacle: 'stdin-closed', wanted: 'token-code' },
    { obstacle: 'no-terminal', wanted: 'token-code', window: { kind: 'ssh' } },
    { obstacle: 'no-terminal', wanted: 'token-code', window: { kind: 'container' } },
    { obstacle: 'no-terminal', wanted: 'token-code', window: { kind: 'ci' } },
    { obstacle: 'background', wanted: 'token-code', window: { kind: 'no-program', programs: ['zenity', 'pinentry'] } },
    {
      obstacle: 'no-terminal',
      wanted: 'token-code',
      window: { kind: 'failed', program: 'osascript', detail: 'execution error: No user interaction allowed. (-1713)' },
    },
    { obstacle: 'no-window', wanted: 'token-code', window: { kind: 'no-display' } },
    { obstacle: 'no-window', wanted: 'token-code', window: { kind: 'no-program', programs: ['zenity'] } },
    { obstacle: 'no-window', wanted: 'token-code', window: { kind: 'no-program', programs: ['zenity', 'pinentry'] } },
    {
      obstacle: 'no-window',
      wanted: 'token-code',
      window: { kind: 'failed', program: 'zenity', detail: 'cannot open display: :77' },
    },
    { obstacle: 'no-window', wanted: 'token-code', window: { kind: 'failed', program: 'pinentry', detail: '' } },
    { obstacle: 'no-terminal', wanted: 'answer' },
    { obstacle: 'background', wanted: 'answer' },
    { obstacle: 'no-terminal', wanted: 'consent' },
    { obstacle: 'background', wanted: 'consent' },
    { obstacle: 'no-terminal', wanted: 'long-term-keys' },
  ],
  CANCELLED: [{}],
  INTERRUPTED: [{ signal: 'SIGTERM' }, { signal: 'SIGHUP' }],
  DECLINED: [{}, { deleted: '…QQQQ' }],
  DEADLINE_EXCEEDED: [
    { seconds: 30, waitingFor: 'a token code on stdin' },
    { seconds: 55, waitingFor: 'STS', codeMayBeSpent: true },
  ],
  TOKEN_COMMAND_FAILED: [
    { program: 'op', origin: { kind: 'flag', flag: '--token-command' }, reason: 'not-found', wantsShell: false },
    { program: 'op', origin: COMMAND, reason: 'not-executable', wantsShell: false },
    { program: 'op', origin: COMMAND, reason: 'quote', wantsShell: false },
    { program: 'op', origin: COMMAND, reason: 'exit', exitCode: 3, wantsShell: false },
    { program: 'pass', origin: COMMAND, reason: 'exit', exitCode: 1, wantsShell: true },
    { program: 'op', origin: COMMAND, reason: 'exit', wantsShell: false },
    { program: 'op', origin: COMMAND, reason: 'timed-out', seconds: 60, wantsShell: false },
    { program: 'op', origin: COMMAND, reason: 'output', wantsShell: false },
    { program: 'awsmfa', origin: COMMAND, reason: 'circle', wantsShell: false },
  ],
  YUBIKEY_FAILED: [
    { reason: 'no-program', label: SERIAL, serials: [] },
    { reason: 'no-key', label: SERIAL, serials: [] },
    { reason: 'no-service', label: SERIAL, serials: [] },
    { reason: 'other-key', label: SERIAL, serial: '12345678', serials: [] },
    { reason: 'several-keys', label: SERIAL, serials: ['12345678', '87654321'] },
    { reason: 'several-keys', label: SERIAL, serials: [] },
    { reason: 'no-account', label: SERIAL, serials: [] },
    { reason: 'several-accounts', label: 'aws', serial: '12345678', serials: [] },
    { reason: 'password', label: SERIAL, serials: [] },
    { reason: 'wrong-password', label: SERIAL, serial: '12345678', serials: [] },
    { reason: 'not-touched', label: SERIAL, serials: [] },
    { reason: 'no-oath', label: SERIAL, serials: [] },
    { reason: 'timed-out', label: SERIAL, serials: [] },
    { reason: 'other', label: SERIAL, serials: [] },
    { reason: 'other', label: SERIAL, serials: [], detail: 'Failed to connect to YubiKey.' },
  ],
  CREDENTIAL_PROCESS_FAILED: [
    { profile: 'base', program: '/opt/keys', reason: 'output', place: CONFIG },
    { profile: 'base', program: '/opt/keys', reason: 'session', place: CONFIG },
    { profile: 'base', program: '/opt/keys', reason: 'circle', place: CONFIG },
    { profile: 'base', program: '/opt/keys', reason: 'not-executable', place: CONFIG },
    { profile: 'base', program: 'bw', reason: 'batch-file', place: CONFIG },
  ],
  ANOTHER_LOGIN_FAILED: [
    { why: 'CANCELLED' },
    { why: 'TOKEN_CODE_REJECTED' },
    { why: 'DEADLINE_EXCEEDED' },
    { why: 'TOKEN_COMMAND_FAILED' },
    { why: 'YUBIKEY_FAILED' },
  ],
  TOKEN_CODE_REJECTED: [
    { nextCodeInSeconds: 17, known: 'used', answerLost: false },
    { nextCodeInSeconds: 17, known: 'wrong-or-used', answerLost: false },
    { nextCodeInSeconds: 17, known: 'wrong-or-used', answerLost: true },
  ],
  MFA_SERIAL_REJECTED: [
    { serial: SERIAL, origin: { kind: 'file', file: 'config', profile: 'work', key: 'mfa_serial', line: 4 } },
  ],
  CREDENTIALS_REJECTED: [
    {
      accessKeyId: '…MPLE',
      reason: 'unknown-key',
      origin: { kind: 'file', file: 'credentials', profile: 'work-long-term', key: 'aws_access_key_id', line: 4 },
    },
    { accessKeyId: '…MPLE', reason: 'wrong-secret', origin: { kind: 'environment', variable: 'AWS_ACCESS_KEY_ID' } },
    { accessKeyId: '…MPLE', reason: 'wrong-secret', origin: { kind: 'typed' } },
    { accessKeyId: '…MPLE', reason: 'session', origin: 'session' },
    { accessKeyId: '…MPLE', reason: 'expired', origin: 'session' },
  ],
  SESSION_NOT_KEPT: [
    {
      profile: 'work',
      isGot: false,
      unwritable: { path: '/home/alice/.cache/awsmfa/sessions/x.json', errno: 'EROFS' },
    },
    { profile: 'work', isGot: true },
    { profile: 'work', isGot: false },
  ],
  SESSION_MISSING: [
    { profile: 'work' },
    { profile: '-x' },
    { profile: 'work', expiration: new Date('2026-11-21T07:30:00Z') },
    { profile: 'work', expiration: new Date('2026-11-21T08:20:00Z'), wantedSeconds: 2700 },
    { profile: 'work', noTerminal: true },
    { profile: 'work', expiration: new Date('2026-11-21T08:20:00Z'), wantedSeconds: 2700, noTerminal: true },
    { profile: 'work', inBackground: true },
    { profile: 'work', expiration: new Date('2026-11-21T07:30:00Z'), inBackground: true },
    { profile: 'admin', signIn: { command: 'aws sso login', profile: 'dev' } },
    {
      profile: 'dev',
      expiration: new Date('2026-11-21T07:30:00Z'),
      signIn: { command: 'aws login', profile: 'dev' },
    },
    {
      profile: 'dev',
      expiration: new Date('2026-11-21T07:30:00Z'),
      signIn: { command: 'aws login', profile: 'dev', isRenewable: true },
    },
    {
      profile: 'dev',
      expiration: new Date('2026-11-21T08:20:00Z'),
      wantedSeconds: 7200,
      signIn: { command: 'aws sso login', profile: 'dev' },
    },
    {
      profile: 'dev',
      expiration: new Date('2026-11-21T08:10:00Z'),
      wantedSeconds: 7200,
      signIn: { command: 'aws login', profile: 'dev' },
    },
  ],
  PROGRAM_NOT_RUN: [
    { program: 'terrafrom', reason: 'not-found', errno: 'ENOENT' },
    { program: './notes.txt', reason: 'not-executable', errno: 'EACCES' },
    { program: 'cdk', reason: 'batch-file', errno: 'EINVAL' },
  ],
  VALUE_NOT_QUOTABLE: [{ variable: 'AWS_SECRET_ACCESS_KEY', format: 'windows-cmd' }],
  ACCESS_DENIED: [
    {
      operation: 'AssumeRole',
      roleArn: 'arn:aws:iam::333333333333:role/Deploy',
      message: 'User: arn:… is not authorized',
    },
    { operation: 'GetSessionToken', message: 'no' },
    { operation: 'CreateAccessKey', message: 'no', userArn: 'arn:aws-us-gov:iam::111111111111:user/team/alice' },
    { operation: 'CreateAccessKey', message: 'no', userArn: 'arn:aws-cn:iam::111111111111:user/alice' },
    { operation: 'ListAccessKeys', message: 'with an explicit deny in an identity-based policy', userArn: ALICE_ARN },
  ],
  REQUEST_REFUSED: [
    { operation: 'AssumeRole', awsCode: 'ValidationError', message: 'm', reason: 'role-maximum' },
    { operation: 'AssumeRole', awsCode: 'ValidationError', message: 'm', reason: 'chained' },
    { operation: 'AssumeRole', awsCode: 'PackedPolicyTooLarge', message: 'm', reason: 'packed-policy' },
    { operation: 'AssumeRole', awsCode: 'AccessDenied', message: 'm', reason: 'root-account' },
    { operation: 'GetSessionToken', awsCode: 'ValidationError', message: 'm' },
  ],
  CLOCK_SKEWED: [{ skewSeconds: -754 }, { skewSeconds: undefined }],
  THROTTLED: [{ operation: 'GetSessionToken' }],
  REGION_DISABLED: [{ region: 'af-south-1' }],
  NETWORK_UNREACHABLE: [
    { host: 'sts.eu-west-1.amazonaws.com', reason: 'timeout', timeoutSeconds: 5 },
    { host: 'sts.eu-west-1.amazonaws.com', reason: 'dns' },
    { host: 'signin.aws.amazon.com', service: 'AWS Sign-In', reason: 'dns' },
    { host: 'sts.eu-west-1.amazonaws.com', reason: 'refused', proxyIgnored: true },
    { host: 'sts.eu-west-1.amazonaws.com', reason: 'certificate' },
    { host: 'sts.eu-west-1.amazonaws.com', reason: 'proxy', proxy: 'proxy.corp:3128' },
    { host: 'sts.eu-west-1.amazonaws.com', reason: 'proxy-auth', proxy: 'proxy.corp:3128' },
    { host: 'sts.eu-west-1.amazonaws.com', reason: 'reset' },
    { host: 'sts.eu-west-1.amazonaws.com', reason: 'tls' },
    { host: 'sts.eu-west-1.amazonaws.com', reason: 'unreachable' },
    { host: 'sts.eu-west-1.amazonaws.com', reason: 'no-answer', timeoutSeconds: 20 },
  ],
  CONSOLE_NEEDS_ROLE: [
    { profile: 'work', roleProfiles: ['admin', 'read-only', 'billing'] },
    { profile: 'work', roleProfiles: ['admin'] },
    { profile: 'work', roleProfiles: [] },
  ],
  CONSOLE_UNSUPPORTED: [{ partition: 'aws-iso' }],
  CONSOLE_REFUSED: [
    { status: 400, reason: 'chained', detail: 'Invalid credentials parameter' },
    {
      status: 400,
      reason: 'not-a-role',
      detail: 'Only federation tokens or assume role tokens may be used for federated login',
    },
    { status: 403, reason: 'other', detail: 'Forbidden' },
  ],
  BROWSER_FAILED: [
    { program: 'firefoxx', reason: 'not-found', origin: { kind: 'flag', flag: '--browser' } },
    { program: 'browser.sh', reason: 'not-executable', origin: { kind: 'environment', variable: 'BROWSER' } },
    { program: "firefox 'new", reason: 'quote', origin: { kind: 'environment', variable: 'AWSMFA_BROWSER' } },
    { program: 'xdg-open', reason: 'exit', exitCode: 3, origin: { kind: 'default' } },
    { program: '', reason: 'ci', origin: { kind: 'default' } },
  ],
  CA_BUNDLE_UNREADABLE: [
    {
      place: { path: '/home/alice/ca.pem' },
      origin: { kind: 'environment', variable: 'AWS_CA_BUNDLE' },
      errno: 'ENOENT',
    },
  ],
  STS_UNEXPECTED: [
    { operation: 'GetSessionToken', status: 500, awsCode: 'InternalFailure', detail: 'x' },
    { operation: 'GetSessionToken', status: undefined, awsCode: undefined, detail: 'x' },
    {
      operation: 'GetSessionToken',
      status: 200,
      awsCode: undefined,
      detail: 'x',
      defect: 'its session token contains invalid characters',
    },
  ],
}

/** A failure and the name of its variant. */
export interface FailureExample {
  readonly name: string
  readonly failure: Failure
}

function withKinds(
  code: 'USAGE' | 'STS_ARGUMENT',
  kinds: Readonly<Record<string, readonly object[]>>,
): readonly FailureExample[] {
  return Object.entries(kinds).flatMap(([kind, facts]) =>
    facts.map((fact) => ({ name: `${code} ${kind}`, failure: { code, problem: { kind, ...fact } } as Failure })),
  )
}

/** One example at least for each code, and for each kind of problem. */
export const FAILURE_EXAMPLES: readonly FailureExample[] = [
  ...withKinds('USAGE', USAGE),
  ...withKinds('STS_ARGUMENT', STS_ARGUMENT),
  ...Object.entries(OTHERS).flatMap(([code, facts]) =>
    facts.map((fact) => ({ name: code, failure: { code, ...fact } as Failure })),
  ),
]
