using System.Buffers.Binary;
using System.Text;

namespace ContainerTools.Linux.Network;

/// <summary>Reads a rule from the kernel's message of it (linux/netfilter/nf_tables.h): a row of expressions, each with a name and attributes of its own.</summary>
internal static class FilterRuleReader
{
    private const int RuleChain = 2, RuleExpressions = 4, ExpressionName = 1, ExpressionData = 2;
    private const int MetaKey = 2, IncomingName = 6, OutgoingName = 7;
    private const int CompareOperator = 2, CompareData = 3, Equal = 0, DataValue = 1, DataVerdict = 2;
    private const int ImmediateData = 2, VerdictCode = 1, VerdictChain = 2, Accept = 1, Drop = 0;

    /// <summary>Reads one.</summary>
    /// <param name="message">The attributes of the message.</param>
    public static FilterRule Read(ReadOnlySpan<byte> message)
    {
        var rule = new FilterRule(Text(Find(message, RuleChain)), null, null, false, false, null, false);
        // What the expression before has loaded.
        int loaded = 0;
        var expressions = new NetlinkReader(Find(message, RuleExpressions));
        while (expressions.Read())
        {
            var data = Find(expressions.Value, ExpressionData);
            int before = loaded;
            loaded = 0;
            switch (Text(Find(expressions.Value, ExpressionName)))
            {
                case "meta" when Number(Find(data, MetaKey)) is IncomingName or OutgoingName:
                    loaded = Number(Find(data, MetaKey));
                    break;
                case "cmp" when before != 0 && Number(Find(data, CompareOperator)) == Equal:
                    string pattern = Pattern(Find(Find(data, CompareData), DataValue));
                    rule = before == IncomingName ? rule with { Incoming = pattern } : rule with { Outgoing = pattern };
                    break;
                case "immediate":
                    var verdict = Find(Find(data, ImmediateData), DataVerdict);
                    string chain = Text(Find(verdict, VerdictChain));
                    int code = Number(Find(verdict, VerdictCode));
                    rule = rule with { Accepts = code == Accept, Drops = code == Drop, Jump = chain.Length > 0 ? chain : null };
                    break;
                case "reject":
                    rule = rule with { Drops = true };
                    break;
                case "counter":
                    break;
                default:
                    rule = rule with { HasOtherConditions = true };
                    break;
            }
        }
        return rule;
    }

    private static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> attributes, int type)
    {
        var reader = new NetlinkReader(attributes);
        while (reader.Read())
        {
            if (reader.Type == type)
                return reader.Value;
        }
        return default;
    }

    // Numbers are big-endian here.
    private static int Number(ReadOnlySpan<byte> value) => value.Length >= sizeof(int) ? BinaryPrimitives.ReadInt32BigEndian(value) : -1;

    private static string Text(ReadOnlySpan<byte> value)
    {
        int end = value.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? value : value[..end]);
    }

    // A name is compared with its NUL, the beginning of names without one.
    private static string Pattern(ReadOnlySpan<byte> value) => value.Contains((byte)0) ? Text(value) : Text(value) + "*";
}
