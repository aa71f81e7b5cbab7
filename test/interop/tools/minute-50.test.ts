/** Every tool, 50 minutes after the login. */
import { MOMENTS } from './moments.ts'
import { testMoment } from './moment-tests.ts'

testMoment(MOMENTS.minute50)
