import { createContext } from 'react'

/** Whether a page stands in a frame, which is the landmark for its content already. */
export const FramedContext = createContext(false)
