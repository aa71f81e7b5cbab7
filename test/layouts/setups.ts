/** Files before and after setup, as a table. */
import type { SetupInput } from '../../src/layouts/setup-plan.ts'
import { KEYS, SERIAL } from './setting-up.ts'
import type { Files } from './setting-up.ts'

const ROLE = 'role_arn = arn:aws:iam::222222222222:role/Admin\n'

/** A setup: files, the profile that is asked for (`base` where nothing is said), and the files afterwards. */
export interface SetupRow {
  readonly title: string
  readonly profile?: string
  readonly more?: Partial<SetupInput>
  readonly before: Files
  readonly after: Partial<Files>
}

/** What setup makes of files. */
export const SETUPS: readonly SetupRow[] = [
  {
    title: 'long-term keys get a section of their own, and the roles that use them lose what prompts for codes',
    before: {
      credentials: `# mine\n[base]\n${KEYS}`,
      config: `[profile base]\nregion = eu-west-1\nmfa_serial = ${SERIAL}\n\n[profile admin]\n${ROLE}source_profile = base\nmfa_serial = ${SERIAL}\nduration_seconds = 43200\nregion = us-east-1\n`,
    },
    after: {
      credentials: `# mine\n[base-long-term]\n${KEYS}`,
      config: `[profile base]\nregion = eu-west-1\nawsmfa_mfa_serial = ${SERIAL}\n\n[profile admin]\n${ROLE}source_profile = base\nregion = us-east-1\n`,
    },
  },
  {
    title: 'asked for a role, it is the profile behind it that is set up; the device of the roles is kept there',
    profile: 'admin',
    before: {
      credentials: `[default]\n${KEYS}`,
      config: `[profile admin]\n${ROLE}source_profile = default\nmfa_serial = ${SERIAL}\n`,
    },
    after: {
      credentials: `[default-long-term]\n${KEYS}`,
      config: `[profile admin]\n${ROLE}source_profile = default\n\n[default]\nawsmfa_mfa_serial = ${SERIAL}\n`,
    },
  },
  {
    title: 'through a chain of roles',
    profile: 'deep',
    before: {
      credentials: `[base]\n${KEYS}`,
      config: `[profile middle]\n${ROLE}source_profile=base\nmfa_serial=${SERIAL}\nduration_seconds=3600\n[profile deep]\n${ROLE}source_profile=middle\nmfa_serial=${SERIAL}\nduration_seconds=7200\n`,
    },
    after: {
      credentials: `[base-long-term]\n${KEYS}`,
      config: `[profile middle]\n${ROLE}source_profile=base\nduration_seconds=3600\n[profile deep]\n${ROLE}source_profile=middle\n[profile base]\nawsmfa_mfa_serial=${SERIAL}\n`,
    },
  },
  {
    title: 'roles that name the section with the keys get the base, asked for by either name',
    profile: 'base-long-term',
    before: {
      credentials: `[base-long-term]\n${KEYS}`,
      config: `[profile admin]\n${ROLE}source_profile = base-long-term\nmfa_serial = ${SERIAL}\n`,
    },
    after: {
      config: `[profile admin]\n${ROLE}source_profile = base\n\n[profile base]\nawsmfa_mfa_serial = ${SERIAL}\n`,
    },
  },
  {
    title:
      'a source profile without a role gets the name that only awsmfa reads; roles that need no code are left with the keys',
    profile: 'work',
    before: {
      credentials: `[default]\n${KEYS}`,
      config: `[profile work]\nsource_profile = default\nmfa_serial = ${SERIAL}\n[profile plain]\n${ROLE}source_profile = default\n[profile admin]\n${ROLE}source_profile = default\nmfa_serial = ${SERIAL}\n`,
    },
    after: {
      config: `[profile work]\nawsmfa_source_profile = default\nawsmfa_mfa_serial = ${SERIAL}\n[profile plain]\n${ROLE}source_profile = default\n[profile admin]\n${ROLE}source_profile = work\n`,
    },
  },
  {
    title: 'profiles beside the base that take its keys for sessions of their own',
    before: {
      credentials: `[base]\n${KEYS}`,
      config: `[profile base]\nawsmfa_mfa_serial = ${SERIAL}\n[profile other]\nsource_profile = base\nmfa_serial = x\nawsmfa_mfa_serial = ${SERIAL}\n[profile far]\n${ROLE}source_profile = elsewhere\nmfa_serial = ${SERIAL}\nduration_seconds = 43200\n`,
    },
    after: {
      credentials: `[base-long-term]\n${KEYS}`,
      config: `[profile base]\nawsmfa_mfa_serial = ${SERIAL}\n[profile other]\nawsmfa_source_profile = base\nawsmfa_mfa_serial = ${SERIAL}\n[profile far]\n${ROLE}source_profile = elsewhere\nmfa_serial = ${SERIAL}\nduration_seconds = 43200\n`,
    },
  },
  {
    title: 'settings that stood beside the keys are put where tools find them under the old name',
    before: {
      credentials: `[base]\nregion = eu-west-1\n${KEYS}output = json\ns3 =\n  max_concurrent_requests = 20\naws_mfa_device = ${SERIAL}\n`,
      config: '[profile base]\nregion = us-east-1\n',
    },
    after: {
      credentials: `[base-long-term]\nregion = eu-west-1\n${KEYS}output = json\ns3 =\n  max_concurrent_requests = 20\naws_mfa_device = ${SERIAL}\n`,
      config: '[profile base]\nregion = eu-west-1\noutput = json\ns3 =\n  max_concurrent_requests = 20\n',
    },
  },
  {
    title: 'keys in the config file move within it',
    before: { credentials: '', config: `[profile base]\nregion = eu-west-1\n${KEYS}mfa_serial = ${SERIAL}\n` },
    after: {
      credentials: '',
      config: `[profile base-long-term]\nregion = eu-west-1\n${KEYS}mfa_serial = ${SERIAL}\n\n[profile base]\nregion = eu-west-1\n`,
    },
  },
  {
    title: 'keys that were pasted over an old session leave its marks behind',
    before: {
      credentials: `[base]\n${KEYS}aws_session_token = old\nexpiration = 2026-11-21T18:40:00Z\nmanager = awsmfa\nawsmfa_state = 1:ASIAOLD:k:0a\n# end\n`,
      config: '',
    },
    more: { serialNumber: { value: SERIAL, origin: { kind: 'iam' } } },
    after: {
      credentials: `[base-long-term]\n${KEYS}# end\n`,
      config: `[profile base]\nawsmfa_mfa_serial = ${SERIAL}\n`,
    },
  },
  {
    title: 'a device that was named replaces the one that is there',
    before: { credentials: `[base-long-term]\n${KEYS}`, config: `[profile base]\nmfa_serial = GAHT12345678\n` },
    more: { serialNumber: { value: SERIAL, origin: { kind: 'flag', flag: '--serial-number' } }, region: 'eu-west-1' },
    after: { config: `[profile base]\nregion = eu-west-1\nawsmfa_mfa_serial = ${SERIAL}\n` },
  },
  {
    title: 'nothing is there yet: the keys that were given, and a profile for them',
    before: { credentials: '', config: '' },
    more: {
      credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' },
      region: 'eu-west-1',
      serialNumber: { value: SERIAL, origin: { kind: 'iam' } },
    },
    after: {
      credentials: `[base-long-term]\n${KEYS}`,
      config: `[profile base]\nregion = eu-west-1\nawsmfa_mfa_serial = ${SERIAL}\n`,
    },
  },
  {
    title: 'in the file’s own style, also without an end of the last line',
    before: {
      credentials: '[ base ] # mine\r\naws_access_key_id=AKIAIOSFODNN7EXAMPLE\r\naws_secret_access_key=x',
      config: `[profile base]\r\nregion=eu-west-1`,
    },
    more: { serialNumber: { value: SERIAL, origin: { kind: 'iam' } } },
    after: {
      credentials: '[ base-long-term ] # mine\r\naws_access_key_id=AKIAIOSFODNN7EXAMPLE\r\naws_secret_access_key=x',
      config: `[profile base]\r\nregion=eu-west-1\r\nawsmfa_mfa_serial=${SERIAL}\r\n`,
    },
  },
]
