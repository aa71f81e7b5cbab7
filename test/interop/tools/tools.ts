/**
 * The tools in the table of docs/compatibility.md: their paths, versions and command lines, and how they ask for a
 * code.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findAwsCli } from '../../support/aws-clients.ts'

const HERE = fileURLToPath(new URL('.', import.meta.url))
const PLACE = fileURLToPath(new URL('../../../build/interop/', import.meta.url))
const READERS = fileURLToPath(new URL('../../support/readers/', import.meta.url))

/**
 * - how: what is run, for the table
 * - argv: the whole command line, which names a profile, or none, so that the environment decides; undefined where the
 *   tool is not on this machine
 * - way: `endpoint`: led by the endpoint variables; `proxy`: to AWS's own names, which the strict STS's proxy answers
 *   for
 * - asks: its output if it needs a code
 * - alone: concurrent processes may fail because of a bug in the tool
 * - printsArn: it prints its ARN and exits; the others then call services that do not exist, and fail
 */
export interface Tool {
  readonly name: string
  readonly how: string
  readonly argv: ((profile?: string) => readonly [string, ...string[]]) | undefined
  readonly version: () => string
  readonly way: 'endpoint' | 'proxy'
  readonly asks: RegExp
  readonly printsArn: boolean
  readonly alone?: true
  readonly environment?: (profile: string) => Readonly<Record<string, string>>
}

/** What is not run here, and why. */
export const NOT_RUN: readonly { readonly what: string; readonly why: string }[] = [
  { what: 'AWS CLI 2 after 2.9', why: 'Debian has 2.9, and no package registry has a newer one' },
  {
    what: "Terraform's AWS provider",
    why: 'in no package registry; the library with which it gets its credentials is run',
  },
  { what: 'AWS SDK for .NET', why: 'no .NET where this is run' },
]

const BOTOCORE_ASKS = /Enter MFA code/
const GO_ASKS = /AssumeRoleTokenProvider session option not set/
// Reads no mfa_serial, so never asks.
const NEVER = /^(?!)/
const CLI_ARGV = ['sts', 'get-caller-identity', '--query', 'Arn', '--output', 'text'] as const
/** A SAM project with one function. */
export const SAM_PROJECT = join(HERE, 'sam')
const SAM_ARGV = [
  '--resolve-image-repos',
  '--s3-bucket',
  'none',
  '--template-file',
  join(SAM_PROJECT, 'template.yaml'),
] as const
// Without --verbose it does not report that it needs a code.
const CDK_ARGV = ['aws://222222222222/eu-west-1', '--no-notices', '--verbose'] as const
const SDK = { way: 'endpoint', printsArn: true } as const

/** Every tool, in the order of the table. Throws for a missing one where CI is set, on Linux. */
export function findTools(): readonly Tool[] {
  return [...clis(), ...pythonPrograms(), ...otherSdks()]
}

function clis(): readonly Tool[] {
  const [first, second] = [findAwsCli(1), findAwsCli(2)]
  const sam = findHere('SAM CLI', 'sam/bin/sam')
  const cdk = findHere('CDK CLI', 'node/node_modules/aws-cdk/bin/cdk')
  const how = '`aws sts get-caller-identity`'
  return [
    {
      ...SDK,
      name: 'AWS CLI 1',
      how,
      argv: withProgram(first, (program, named) => [program, ...CLI_ARGV, ...named], '--profile'),
      version: () => numberIn(first, ['--version']),
      asks: BOTOCORE_ASKS,
    },
    // 2.9 ends with a KeyError where another one is writing the cache file that it reads (botocore/utils.py ›
    // JSONFileCache; version 1 replaces the file by now). Before 2.13 it knows no AWS_ENDPOINT_URL_STS, and
    // --endpoint-url never reaches the AssumeRole of a role profile.
    {
      ...SDK,
      name: 'AWS CLI 2',
      how,
      argv: withProgram(second, (program, named) => [program, ...CLI_ARGV, ...named], '--profile'),
      version: () => numberIn(second, ['--version']),
      way: 'proxy',
      asks: BOTOCORE_ASKS,
      alone: true,
    },
    {
      name: 'SAM CLI, `sam package`',
      how: '`sam package --resolve-image-repos`, which asks STS for the account first; for other commands see above',
      argv: withProgram(sam, (program, named) => [program, 'package', ...SAM_ARGV, ...named], '--profile'),
      version: () => numberIn(sam, ['--version']),
      way: 'endpoint',
      asks: BOTOCORE_ASKS,
      printsArn: false,
    },
    {
      name: 'CDK CLI',
      how: '`cdk bootstrap`, which asks STS for the account first',
      argv: withProgram(
        cdk,
        (program, named) => [process.execPath, program, 'bootstrap', ...CDK_ARGV, ...named],
        '--profile',
      ),
      version: () => packageVersion('aws-cdk'),
      way: 'endpoint',
      asks: /Require MFA token from MFA device/,
      printsArn: false,
    },
  ]
}

function pythonPrograms(): readonly Tool[] {
  const python = findHere('boto3', 'python/bin/python')
  return [
    {
      ...SDK,
      name: 'boto3',
      how: 'a program',
      argv: withProgram(python, (program, named) => [program, join(READERS, 'boto3_identity.py'), ...named]),
      version: () => pythonVersion(python, 'boto3'),
      asks: BOTOCORE_ASKS,
    },
    {
      ...SDK,
      name: 'boto3-session-cache',
      how: 'a program; it has the cache of the AWS CLI',
      argv: withProgram(python, (program) => [program, join(HERE, 'session_cache_identity.py')]),
      version: () => pythonVersion(python, 'boto3-session-cache'),
      asks: BOTOCORE_ASKS,
      environment: (profile) => ({ AWS_PROFILE: profile }),
      // It writes its cache into the file that another one is reading (boto3_session_cache/cache.py), which then ends
      // with a JSONDecodeError.
      alone: true,
    },
  ]
}

function otherSdks(): readonly Tool[] {
  const chain = findHere('the AWS SDK for JavaScript', 'node/node_modules/@aws-sdk/credential-providers/package.json')
  const go = findHere('the program for the AWS SDK for Go', 'go/identity')
  const terraform = findHere('Terraform', 'terraform/bin/python')
  const rust = findHere('the program for the AWS SDK for Rust', 'rust/identity')
  const java = findHere('the program for the AWS SDK for Java', 'java/classes/Identity.class')
  return [
    {
      ...SDK,
      name: 'AWS SDK for JavaScript 3',
      how: 'a program with `fromNodeProviderChain`',
      argv: withProgram(chain, (_, named) => [
        process.execPath,
        join(HERE, 'node-chain.cjs'),
        join(PLACE, 'node'),
        ...named,
      ]),
      version: () => packageVersion('@aws-sdk/credential-providers'),
      asks: /no MFA code callback was provided/,
    },
    {
      ...SDK,
      name: 'AWS SDK for Go 2',
      how: 'a program; the version is that of the module `config`',
      argv: withProgram(go, (program, named) => [program, 'sdk', ...named]),
      version: () => inManifest('go/go.mod', /aws-sdk-go-v2\/config v(\S+)/),
      asks: GO_ASKS,
    },
    {
      ...SDK,
      name: "base library of Terraform's AWS provider",
      how: 'a program with `github.com/hashicorp/aws-sdk-go-base/v2`',
      argv: withProgram(go, (program, named) => [program, 'terraform', ...named]),
      version: () => inManifest('go/go.mod', /aws-sdk-go-base\/v2 v(\S+)/),
      asks: GO_ASKS,
    },
    {
      name: 'Terraform',
      how: '`terraform init` with a backend `s3` that names the profile and its region (Terraform requires it), which asks STS first',
      argv: withProgram(terraform, (program, named) => [program, join(HERE, 'terraform_init.py'), ...named]),
      version: () => numberIn(terraform, [join(HERE, 'terraform_init.py'), '--version']),
      way: 'endpoint',
      asks: GO_ASKS,
      printsArn: false,
    },
    {
      ...SDK,
      name: 'AWS SDK for Rust',
      how: 'a program; the version is that of the crate `aws-config`',
      argv: withProgram(rust, (program, named) => [program, ...named]),
      version: () => inManifest('rust/Cargo.toml', /aws-config = .*"=([\d.]+)"/),
      asks: NEVER,
    },
    {
      ...SDK,
      name: 'AWS SDK for Java 2',
      how: 'a program',
      argv: withProgram(java, (_, named) => [
        'java',
        '-XX:TieredStopAtLevel=1',
        '-cp',
        `${PLACE}java/classes:${PLACE}java/lib/*`,
        'Identity',
        ...named,
      ]),
      version: () => inManifest('java/pom.xml', /<aws\.sdk\.version>(.+?)</),
      asks: NEVER,
    },
  ]
}

function withProgram(
  program: string | undefined,
  argv: (program: string, named: readonly string[]) => readonly [string, ...string[]],
  flag?: string,
): Tool['argv'] {
  if (program === undefined) return undefined
  return (profile) => argv(program, profile === undefined ? [] : flag === undefined ? [profile] : [flag, profile])
}

/** Returns the path of a program that `install.sh` installs. */
function findHere(what: string, path: string): string | undefined {
  const found = join(PLACE, path)
  if (existsSync(found)) return found
  if ((process.env['CI'] ?? '') !== '' && process.platform === 'linux')
    throw new Error(`CI lacks ${what}: run test/interop/tools/install.sh`)
  return undefined
}

function numberIn(program: string | undefined, argv: readonly string[]): string {
  if (program === undefined) return ''
  const { stdout, stderr } = spawnSync(program, argv, { encoding: 'utf8' })
  return /\d+\.\d+\.\d+/.exec(`${stdout}${stderr}`)?.[0] ?? ''
}

function pythonVersion(python: string | undefined, distribution: string): string {
  return python === undefined
    ? ''
    : numberIn(python, ['-c', `import importlib.metadata as m; print(m.version(${JSON.stringify(distribution)}))`])
}

function packageVersion(name: string): string {
  const { version } = JSON.parse(readFileSync(join(PLACE, 'node/node_modules', name, 'package.json'), 'utf8')) as {
    readonly version: string
  }
  return version
}

function inManifest(path: string, pattern: RegExp): string {
  return pattern.exec(readFileSync(join(HERE, path), 'utf8'))?.[1] ?? ''
}
