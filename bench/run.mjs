/**
 * npm run bench [-- --gates] [-- --quick] [-- --only WORD]: measures the built tool and prints tables.
 *   --gates  ends with 1 if a gate is missed, twice in a row, by what it is about
 *   --quick  a few rounds, for a look
 *   --only   the blocks whose title holds the word
 * Every row is a whole process, unless it says otherwise; ratios are to the first row of its table, paired by round.
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

async function main(words) {
  const only = words.includes('--only') ? words[words.indexOf('--only') + 1] : ''
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
      const rounds = words.includes('--quick') ? Math.min(QUICK_ROUNDS, block.rounds) : block.rounds
      const results = await judgeBlock(block, { rounds, warmups: WARMUPS })
      console.log(renderBlock({ ...block, measuredRounds: rounds }, results).trimEnd())
      missed += results.filter((result) => result.missed).length
    }
    console.log(missed === 0 ? '\nEvery gate that was measured held.' : `\n${missed} gates were missed.`)
    return words.includes('--gates') && missed > 0 ? 1 : 0
  } finally {
    await Promise.all([sts.server.stop(), typed.close()])
    folder.remove()
  }
}

process.exitCode = await main(process.argv.slice(2))
