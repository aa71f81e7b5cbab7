/** Every tool, right after the login. */
import { MOMENTS } from './moments.ts'
import { testMoment } from './moment-tests.ts'

testMoment(MOMENTS.minute0)
