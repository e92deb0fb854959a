import Results
import Testing

@Suite struct TableTests {
    @Test func `measurements are sorted, quoted and empty where unused`() {
        let results = makeResults()
        #expect(
            Table.measurements(results.measurements).csv == """
                archive,split,layer,order,epoch,quantity,estimator,discretization,target,parameters,samples,value,\
                standard_error,null_mean,p_value,ceiling,flags
                a,train,,,,H(Y),plug-in,,,,4,1.0,,,,,
                a,train,fc1,1,0,I(Z;Y),plug-in,"width:2@[0,1]",,,4,0.1,,,,1.0,saturated|undersampled
                a,train,fc1,1,0,GIB complexity,plug-in,"width:2@[0,1]",pmi-label,input=width:30@unit,4,\
                0.3333333333333333,0.01,0.0,0.5,,
                a,train,fc1,1,10,I(Z;Y),plug-in,"width:2@[0,1]",,,4,0.1,,,,1.0,saturated|undersampled
                a,train,fc1,1,10,GIB complexity,plug-in,"width:2@[0,1]",pmi-label,input=width:30@unit,4,\
                0.3333333333333333,0.01,0.0,0.5,,

                """)
    }

    @Test func `features and PMI have one row each, weights sum to one`() {
        let results = makeResults()
        let features = Table.features(of: results)
        #expect(features.rowCount == 4)
        #expect(
            features.csv.contains(
                "GIB complexity,plug-in,\"width:2@[0,1]\",pmi-label,input=width:30@unit,4,1,0.5,1.0\n"))
        let pmi = Table.pointwise(of: results)
        #expect(pmi.rowCount == 8)
        // Positive PMI of 1 and 1: weight 1/2 each; negative and zero PMI weigh nothing.
        #expect(pmi.csv.contains(",4,0,1.0,0.5\n"))
        #expect(pmi.csv.contains(",4,1,-0.5,0.0\n"))
    }

    @Test func `JSON has the same rows with null for what is unused`() {
        let json = Table.measurements(makeResults().measurements).json
        #expect(json.hasPrefix("[\n{\"archive\":\"a\",\"split\":\"train\",\"layer\":null,"))
        #expect(json.hasSuffix("}\n]\n"))
        #expect(Table.measurements([]).json == "[]\n")
    }

    @Test func `quantities sort in the order of the format, not of the alphabet`() {
        #expect(Quantity.allCases.map(\.rawValue).prefix(4) == ["H(Z)", "H(Y)", "h(Z)", "I(X;Z)"])
        #expect(Quantity.complexity < Quantity.averageInteraction)
    }
}
