/**
 * npm run bench [-- --gates] [-- --quick] [-- --only WORD]: measures the built tool and prints tables.
 *   --gates  exit with 1 if a row exceeds its gate (a maximum ratio) in every attempt
 *   --quick  run only a few rounds
 *   --only   run only the blocks whose title contains the word
 * A row measures a whole process, unless it says otherwise. Ratios compare with the first row of the block in the same
 * round.
 */
import { cpus } from 'node:os'
import { editBlock } from './edit.mjs'
import { scratchFolder } from './homes.mjs'
import { loginBlocks } from './login.mjs'
import { judgeBlock } from './measure.mjs'
import { builtTool } from './programs.mjs'
import { processBlock } from './process.mjs'
import { promptBlocks } from './prompt.mjs'
import { startUpBlocks } from './start-up.mjs'
import { startSts } from './strict-sts.mjs'
import { renderBlock } from './table.mjs'
import { typedLoginBlock } from './typed-login.mjs'

const WARMUPS = 2
const QUICK_ROUNDS = 5

async function main(args) {
  const only = args.includes('--only') ? args[args.indexOf('--only') + 1] : ''
  const folder = scratchFolder()
  const tool = builtTool(folder.path)
  const sts = await startSts({ tls: true })
  const typed = await typedLoginBlock(tool, folder.path)
  try {
    const blocks = [
      ...startUpBlocks(tool, folder.path),
      ...promptBlocks(tool, folder.path),
      await editBlock(folder.path),
      await processBlock(tool, sts, folder.path),
      ...loginBlocks(tool, sts, folder.path),
      typed,
    ]
    console.log(
      `Node.js ${process.versions.node}, ${process.platform} ${process.arch}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}`,
    )
    let missed = 0
    for (const block of blocks.filter(({ title }) => title.toLowerCase().includes(only.toLowerCase()))) {
      const rounds = args.includes('--quick') ? Math.min(QUICK_ROUNDS, block.rounds) : block.rounds
      const results = await judgeBlock(block, { rounds, warmups: WARMUPS })
      console.log(renderBlock({ ...block, measuredRounds: rounds }, results).trimEnd())
      missed += results.filter((result) => result.missed).length
    }
    console.log(missed === 0 ? '\nAll measured gates held.' : `\n${missed} gates were missed.`)
    return args.includes('--gates') && missed > 0 ? 1 : 0
  } finally {
    await Promise.all([sts.server.stop(), typed.close()])
    folder.remove()
  }
}

process.exitCode = await main(process.argv.slice(2))
