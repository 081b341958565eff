import { createContext, useContext } from 'react'

const MayOperateContext = createContext(false)
export const MayOperateProvider = MayOperateContext.Provider

/** Returns whether the user may change what operators decide: an auditor only reads. */
export const useMayOperate = (): boolean => useContext(MayOperateContext)
