/** Asks one of the suite's own programs about many profiles in one run. */
import { runProgram } from '../../support/run-cli.ts'
import type { Tool } from './tools.ts'

/** A profile, and the files to find it in. */
export interface Question {
  readonly credentials: string
  readonly config: string
  readonly profile: string
}

/** The program's answer. `region` and `arn` are empty if there is none, `error` if there is no error. */
export interface Answer {
  readonly isThere: boolean
  readonly region: string
  readonly arn: string
  readonly error: string
}

/** Returns the answers in the order of the questions. Throws if one is missing. */
export async function askMany(
  tool: Tool,
  questions: readonly Question[],
  environment: Readonly<Record<string, string>>,
): Promise<readonly Answer[]> {
  if (tool.argv === undefined) throw new Error(`${tool.name} is not on this machine`)
  const input = questions.map(({ credentials, config, profile }) => `${credentials}\t${config}\t${profile}\n`).join('')
  const { code, stdout, stderr } = await runProgram(tool.argv('-'), { environment, input, limitMs: 120_000 })
  const answers = stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split('\t'))
  if (code !== 0 || answers.length !== questions.length)
    throw new Error(`${tool.name} gave ${answers.length} answers to ${questions.length} questions: ${stderr}`)
  return answers.map(([isThere, region = '', arn = '', error = '']) => ({
    isThere: isThere === 'true',
    region,
    arn,
    error,
  }))
}
