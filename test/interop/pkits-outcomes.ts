import type { PathRule } from '../../src/pki/path/validate-path.ts'

/**
 * The result of a NIST PKITS test: the path is valid, a rule is broken, no path leads to the anchor, or the
 * leaf cannot be parsed.
 */
export type Outcome = 'good' | 'no path' | PathRule

/** Tests by their results, named as in PKITS without the `EE` at the end. */
const names: Partial<Record<Outcome, string>> = {
  'certificate authority': `
    InvalidBasicSelfIssuedCRLSigningKeyTest8 InvalidMissingbasicConstraintsTest1 InvalidcAFalseTest2
    InvalidcAFalseTest3`,
  'critical extension': `
    InvalidUnknownCriticalCertificateExtensionTest2`,
  expired: `
    InvalidCAnotAfterDateTest5 InvalidEEnotAfterDateTest6 Invalidpre2000UTCEEnotAfterDateTest7`,
  'key usage': `
    InvalidkeyUsageCriticalkeyCertSignFalseTest1 InvalidkeyUsageNotCriticalkeyCertSignFalseTest2`,
  names: `
    InvalidDNSnameConstraintsTest31 InvalidDNSnameConstraintsTest33 InvalidDNSnameConstraintsTest38
    InvalidDNandRFC822nameConstraintsTest28 InvalidDNandRFC822nameConstraintsTest29
    InvalidDNnameConstraintsTest10 InvalidDNnameConstraintsTest12 InvalidDNnameConstraintsTest13
    InvalidDNnameConstraintsTest15 InvalidDNnameConstraintsTest16 InvalidDNnameConstraintsTest17
    InvalidDNnameConstraintsTest20 InvalidDNnameConstraintsTest2 InvalidDNnameConstraintsTest3
    InvalidDNnameConstraintsTest7 InvalidDNnameConstraintsTest8 InvalidDNnameConstraintsTest9
    InvalidRFC822nameConstraintsTest22 InvalidRFC822nameConstraintsTest24 InvalidRFC822nameConstraintsTest26
    InvalidURInameConstraintsTest35 InvalidURInameConstraintsTest37`,
  'no path': `
    InvalidCASignatureTest2 InvalidNameChainingOrderTest2 InvalidNameChainingTest1`,
  'not yet valid': `
    InvalidCAnotBeforeDateTest1 InvalidEEnotBeforeDateTest2`,
  good: `
    AllCertificatesNoPoliciesTest2 AllCertificatesSamePoliciesTest10 AllCertificatesSamePoliciesTest13
    AllCertificatesanyPolicyTest11 AnyPolicyTest14 CPSPointerQualifierTest20 DifferentPoliciesTest3
    InvalidBadCRLIssuerNameTest5 InvalidBadCRLSignatureTest4 InvalidBasicSelfIssuedCRLSigningKeyTest7
    InvalidBasicSelfIssuedNewWithOldTest5 InvalidBasicSelfIssuedOldWithNewTest2
    InvalidIDPwithindirectCRLTest23 InvalidIDPwithindirectCRLTest26 InvalidLongSerialNumberTest18
    InvalidMissingCRLTest1 InvalidOldCRLnextUpdateTest11 InvalidRevokedCATest2 InvalidRevokedEETest3
    InvalidSeparateCertificateandCRLKeysTest20 InvalidSeparateCertificateandCRLKeysTest21
    InvalidUnknownCRLEntryExtensionTest8 InvalidUnknownCRLExtensionTest10 InvalidUnknownCRLExtensionTest9
    InvalidWrongCRLTest6 InvalidcRLIssuerTest27 InvalidcRLIssuerTest31 InvalidcRLIssuerTest32
    InvalidcRLIssuerTest34 InvalidcRLIssuerTest35 InvaliddeltaCRLIndicatorNoBaseTest1 InvaliddeltaCRLTest10
    InvaliddeltaCRLTest3 InvaliddeltaCRLTest4 InvaliddeltaCRLTest6 InvaliddeltaCRLTest9
    InvaliddistributionPointTest2 InvaliddistributionPointTest3 InvaliddistributionPointTest6
    InvaliddistributionPointTest8 InvaliddistributionPointTest9 InvalidkeyUsageCriticalcRLSignFalseTest4
    InvalidkeyUsageNotCriticalcRLSignFalseTest5 InvalidonlyContainsAttributeCertsTest14
    InvalidonlyContainsCACertsTest12 InvalidonlyContainsUserCertsTest11 InvalidonlySomeReasonsTest15
    InvalidonlySomeReasonsTest16 InvalidonlySomeReasonsTest17 InvalidonlySomeReasonsTest20
    InvalidonlySomeReasonsTest21 Invalidpre2000CRLnextUpdateTest12 OverlappingPoliciesTest6
    UserNoticeQualifierTest15 UserNoticeQualifierTest16 UserNoticeQualifierTest17 UserNoticeQualifierTest18
    UserNoticeQualifierTest19 ValidBasicSelfIssuedCRLSigningKeyTest6 ValidBasicSelfIssuedNewWithOldTest3
    ValidBasicSelfIssuedNewWithOldTest4 ValidBasicSelfIssuedOldWithNewTest1 ValidCertificatePathTest1
    ValidDNSnameConstraintsTest30 ValidDNSnameConstraintsTest32 ValidDNandRFC822nameConstraintsTest27
    ValidDNnameConstraintsTest11 ValidDNnameConstraintsTest14 ValidDNnameConstraintsTest18
    ValidDNnameConstraintsTest19 ValidDNnameConstraintsTest1 ValidDNnameConstraintsTest4
    ValidDNnameConstraintsTest5 ValidDNnameConstraintsTest6 ValidGeneralizedTimeCRLnextUpdateTest13
    ValidGeneralizedTimenotAfterDateTest8 ValidGeneralizedTimenotBeforeDateTest4
    ValidIDPwithindirectCRLTest22 ValidIDPwithindirectCRLTest24 ValidIDPwithindirectCRLTest25
    ValidLongSerialNumberTest16 ValidLongSerialNumberTest17 ValidNameChainingCapitalizationTest5
    ValidNameChainingWhitespaceTest3 ValidNameChainingWhitespaceTest4 ValidNameUIDsTest6
    ValidNegativeSerialNumberTest14 ValidNoissuingDistributionPointTest10 ValidPolicyMappingTest11
    ValidPolicyMappingTest12 ValidPolicyMappingTest13 ValidPolicyMappingTest14 ValidPolicyMappingTest1
    ValidPolicyMappingTest3 ValidPolicyMappingTest5 ValidPolicyMappingTest6 ValidPolicyMappingTest9
    ValidRFC3280MandatoryAttributeTypesTest7 ValidRFC3280OptionalAttributeTypesTest8
    ValidRFC822nameConstraintsTest21 ValidRFC822nameConstraintsTest23 ValidRFC822nameConstraintsTest25
    ValidRolloverfromPrintableStringtoUTF8StringTest10 ValidSelfIssuedinhibitAnyPolicyTest7
    ValidSelfIssuedinhibitAnyPolicyTest9 ValidSelfIssuedinhibitPolicyMappingTest7
    ValidSelfIssuedpathLenConstraintTest15 ValidSelfIssuedpathLenConstraintTest17
    ValidSelfIssuedrequireExplicitPolicyTest6 ValidSeparateCertificateandCRLKeysTest19 ValidTwoCRLsTest7
    ValidURInameConstraintsTest34 ValidURInameConstraintsTest36 ValidUTF8StringCaseInsensitiveMatchTest11
    ValidUTF8StringEncodedNamesTest9 ValidUnknownNotCriticalCertificateExtensionTest1
    ValidbasicConstraintsNotCriticalTest4 ValidcRLIssuerTest28 ValidcRLIssuerTest29 ValidcRLIssuerTest30
    ValidcRLIssuerTest33 ValiddeltaCRLTest2 ValiddeltaCRLTest5 ValiddeltaCRLTest7 ValiddeltaCRLTest8
    ValiddistributionPointTest1 ValiddistributionPointTest4 ValiddistributionPointTest5
    ValiddistributionPointTest7 ValidinhibitAnyPolicyTest2 ValidinhibitPolicyMappingTest2
    ValidinhibitPolicyMappingTest4 ValidkeyUsageNotCriticalTest3 ValidonlyContainsCACertsTest13
    ValidonlySomeReasonsTest18 ValidonlySomeReasonsTest19 ValidpathLenConstraintTest13
    ValidpathLenConstraintTest14 ValidpathLenConstraintTest7 ValidpathLenConstraintTest8
    Validpre2000UTCnotBeforeDateTest3 ValidrequireExplicitPolicyTest1 ValidrequireExplicitPolicyTest2
    ValidrequireExplicitPolicyTest4 inhibitAnyPolicyTest3`,
  'path length': `
    InvalidSelfIssuedpathLenConstraintTest16 InvalidpathLenConstraintTest10 InvalidpathLenConstraintTest11
    InvalidpathLenConstraintTest12 InvalidpathLenConstraintTest5 InvalidpathLenConstraintTest6
    InvalidpathLenConstraintTest9`,
  policies: `
    DifferentPoliciesTest12 DifferentPoliciesTest4 DifferentPoliciesTest5 DifferentPoliciesTest7
    DifferentPoliciesTest8 DifferentPoliciesTest9 InvalidMappingFromanyPolicyTest7
    InvalidMappingToanyPolicyTest8 InvalidPolicyMappingTest10 InvalidPolicyMappingTest2
    InvalidPolicyMappingTest4 InvalidSelfIssuedinhibitAnyPolicyTest10 InvalidSelfIssuedinhibitAnyPolicyTest8
    InvalidSelfIssuedinhibitPolicyMappingTest10 InvalidSelfIssuedinhibitPolicyMappingTest11
    InvalidSelfIssuedinhibitPolicyMappingTest8 InvalidSelfIssuedinhibitPolicyMappingTest9
    InvalidSelfIssuedrequireExplicitPolicyTest7 InvalidSelfIssuedrequireExplicitPolicyTest8
    InvalidinhibitAnyPolicyTest1 InvalidinhibitAnyPolicyTest4 InvalidinhibitAnyPolicyTest5
    InvalidinhibitAnyPolicyTest6 InvalidinhibitPolicyMappingTest1 InvalidinhibitPolicyMappingTest3
    InvalidinhibitPolicyMappingTest5 InvalidinhibitPolicyMappingTest6 InvalidrequireExplicitPolicyTest3
    InvalidrequireExplicitPolicyTest5`,
  signature: `
    InvalidEESignatureTest3`,
  strength: `
    ValidDSAParameterInheritanceTest5 ValidDSASignaturesTest4`,
  readable: `
    InvalidDSASignatureTest6 InvalidNegativeSerialNumberTest15`,
}

/** The result of each NIST PKITS test. */
export const pkitsOutcomes: ReadonlyMap<string, Outcome> = new Map(
  Object.entries(names).flatMap(([outcome, list]) =>
    list
      .trim()
      .split(/\s+/)
      .map((name) => [name, outcome as Outcome] as const),
  ),
)

/** The tests that NIST expects to fail although their names do not say so. */
const refusedByNist = [4, 5, 7, 8, 9, 12].map((number) => `DifferentPoliciesTest${number}`)

/**
 * Returns whether NIST expects the path to be accepted with the settings for servers that accept clients: any
 * policy, none required.
 */
export const isGoodByNist = (name: string): boolean =>
  !name.startsWith('Invalid') && !refusedByNist.includes(name)
