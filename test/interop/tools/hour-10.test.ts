/** Every tool, 10 hours after the login. */
import { MOMENTS } from './moments.ts'
import { testMoment } from './moment-tests.ts'

testMoment(MOMENTS.hour10)
