import { createContext } from 'react'

/** Whether a page is in a frame, which already has the landmark for its content. */
export const FramedContext = createContext(false)
