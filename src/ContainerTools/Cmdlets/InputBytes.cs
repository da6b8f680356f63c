using System.Management.Automation;
using System.Text;

namespace ContainerTools.Cmdlets;

/// <summary>What objects of the pipeline are on a command's standard input: text is a line in UTF-8, bytes are bytes, anything else is its text.</summary>
internal static class InputBytes
{
    public static ReadOnlyMemory<byte> Of(object? value) => (value is PSObject wrapped ? wrapped.BaseObject : value) switch
    {
        null => default,
        byte one => new[] { one },
        byte[] several => several,
        _ => Encoding.UTF8.GetBytes(LanguagePrimitives.ConvertTo<string>(value) + "\n"),
    };

    public static ReadOnlyMemory<byte> Of(IEnumerable<string> lines) => Encoding.UTF8.GetBytes(string.Concat(lines.Select(l => l + "\n")));
}
