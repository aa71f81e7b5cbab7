/** The programs that doctor speaks for, and what they read the shared files with. */

/** What reads the shared files and decides which credentials count: one for each family of programs. */
export const ENGINES = ['botocore', 'js', 'go', 'rust', 'java', 'dotnet'] as const

/** One of these readers. */
export type Engine = (typeof ENGINES)[number]

/** The programs, by the names that `--json` has. */
export const TOOLS = {
  'aws-cli': { engine: 'botocore', name: 'the AWS CLI' },
  boto3: { engine: 'botocore', name: 'boto3' },
  sam: { engine: 'botocore', name: 'SAM' },
  'sdk-js': { engine: 'js', name: 'the SDK for JavaScript' },
  cdk: { engine: 'js', name: 'CDK' },
  'sdk-go': { engine: 'go', name: 'the SDK for Go' },
  terraform: { engine: 'go', name: 'Terraform' },
  'sdk-rust': { engine: 'rust', name: 'the SDK for Rust' },
  'sdk-java': { engine: 'java', name: 'the SDK for Java' },
  'sdk-dotnet': { engine: 'dotnet', name: 'the SDK for .NET' },
} as const satisfies Readonly<Record<string, { readonly engine: Engine; readonly name: string }>>

/** One of the programs. */
export type ToolId = keyof typeof TOOLS

/** All programs, in the order in which they are named. */
export const TOOL_IDS: readonly ToolId[] = Object.keys(TOOLS).filter(isToolId)

/** Gives the programs that read with one of these engines, in the order in which they are named. */
export function toolsOf(engines: readonly Engine[]): readonly ToolId[] {
  return TOOL_IDS.filter((tool) => engines.includes(TOOLS[tool].engine))
}

function isToolId(text: string): text is ToolId {
  return Object.hasOwn(TOOLS, text)
}
