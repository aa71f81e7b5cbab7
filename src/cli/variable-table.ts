/**
 * The variables that awsmfa goes by besides those of a login's settings (core/login/setting-table.ts), for README, help and man
 * page. A test compares both tables with the variables that the code reads.
 */

/** One row: variables that belong together. Code in backticks, links as in Markdown. */
export interface VariableRow {
  readonly variables: readonly string[]
  /** The key of a profile that says the same. */
  readonly profileKey?: string
  readonly description: string
}

/** In the order in which they are shown. */
export const VARIABLE_TABLE: readonly VariableRow[] = [
  { variables: ['AWS_SHARED_CREDENTIALS_FILE', 'AWS_CONFIG_FILE'], description: 'other paths for the two shared files' },
  { variables: ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'], description: 'the long-term keys, with `--source-env` alone' },
  { variables: ['AWS_SESSION_TOKEN'], description: "if it is set, `--source-env` refuses: the keys are a session's" },
  { variables: ['AWSMFA_HOME'], description: "one folder for awsmfa's own files" },
  { variables: ['XDG_CONFIG_HOME', 'XDG_CACHE_HOME', 'XDG_STATE_HOME'], description: 'the same, one by one; not on Windows' },
  { variables: ['XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS'], description: 'where the [cache key](#the-key-of-the-session-cache) lies; where the keychain of Linux is looked for' },
  { variables: ['HOME', 'USERPROFILE', 'LOCALAPPDATA'], description: 'the home folder; the last two on Windows' },
  { variables: ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY'], description: 'see [proxies and certificates](#proxies-and-certificates)' },
  { variables: ['NODE_EXTRA_CA_CERTS'], description: 'further certificates to trust' },
  { variables: ['AWS_ENDPOINT_URL_IAM'], profileKey: 'services', description: 'endpoints of IAM and STS, as in the SDKs' },
  { variables: ['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'], profileKey: 'ignore_configured_endpoint_urls', description: '`true`: only `--endpoint-url` counts' },
  { variables: ['AWS_USE_FIPS_ENDPOINT'], profileKey: 'use_fips_endpoint', description: "`true`: STS's FIPS endpoint" },
  { variables: ['AWS_USE_DUALSTACK_ENDPOINT'], profileKey: 'use_dualstack_endpoint', description: "`true`: STS's dual-stack endpoint" },
  { variables: ['AWS_STS_REGIONAL_ENDPOINTS'], profileKey: 'sts_regional_endpoints', description: '`legacy`: the global endpoint, where the AWS CLI takes it' },
  { variables: ['AWS_MAX_ATTEMPTS'], profileKey: 'max_attempts', description: 'how often a request without a code is sent, 3 by default' },
  {
    variables: ['AWS_MFA_IDENTITY_PROFILE', 'AWS_MFA_TARGET_PROFILE', 'AWS_MFA_SERIAL_NUMBER'],
    description: "settings of dcoker's awsmfa, which `import` goes by",
  },
  { variables: ['AWSMFA_NO_PRECONNECT'], description: 'set: no connection is opened while the code is typed' },
  { variables: ['AWSMFA_CALLERS'], description: 'set by awsmfa for a `credential_process` that it runs, so that none starts itself for ever' },
  { variables: ['DISPLAY', 'WAYLAND_DISPLAY'], description: 'the screen on which a window can ask for a code; not on macOS and Windows' },
  {
    variables: ['SSH_CONNECTION', 'SSH_TTY', 'SSH_CLIENT', 'container', 'KUBERNETES_SERVICE_HOST', 'CI'],
    description: 'set, over SSH, in a container, in CI: no window is opened unless `--prompt` asks for one',
  },
  { variables: ['NO_COLOR', 'AWSMFA_NO_COLOR', 'FORCE_COLOR'], description: 'no colours; colours also in a pipe' },
  {
    variables: ['TERM', 'COLUMNS', 'LC_ALL', 'LC_CTYPE', 'LANG'],
    description: 'what the terminal can show: `TERM=dumb` means no colour and no spinner; without UTF-8 the signs are ASCII',
  },
  { variables: ['WT_SESSION', 'TERM_PROGRAM', 'ConEmuTask'], description: 'how a terminal on Windows tells that it can show Unicode' },
]
