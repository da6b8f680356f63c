using System.Globalization;
using System.Text;
using ContainerTools.Oci;

namespace ContainerTools.Engine.Layers;

/// <summary>The marker that makes a directory a layer: a few lines of text, <c>keyword value</c>, written when all else is on disk.</summary>
internal sealed record LayerRecord(Digest DiffId, bool LeansOnParents, bool DescribesRoot, bool HasPlainRoot, long Size, long EntryCount)
{
    /// <summary>The marker's name in the layer's directory.</summary>
    public const string FileName = "layer";

    private const string Version = "1";

    /// <summary>The key of the layer that this one is a copy of; null for one that was unpacked.</summary>
    public string? CopyOf { get; init; }

    /// <summary>The owners of a copy, as <see cref="LayerOwners.ToString"/> has them; null for one that was unpacked.</summary>
    public string? Owners { get; init; }

    public byte[] ToBytes() => Encoding.ASCII.GetBytes(string.Create(
        CultureInfo.InvariantCulture,
        $"version {Version}\ndiffid {DiffId}\nleans {(LeansOnParents ? 1 : 0)}\nroot {(DescribesRoot ? 1 : 0)}\nplainroot {(HasPlainRoot ? 1 : 0)}\nsize {Size}\nentries {EntryCount}\n{(CopyOf is null ? "" : $"copyof {CopyOf}\nowners {Owners}\n")}"));

    /// <summary>Reads a marker; null if there is none, or none that this version understands.</summary>
    public static LayerRecord? Read(string directory)
    {
        string text;
        try
        {
            text = File.ReadAllText(Path.Combine(directory, FileName));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }

        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            int space = line.IndexOf(' ', StringComparison.Ordinal);
            if (space > 0)
            {
                values[line[..space]] = line[(space + 1)..];
            }
        }

        return values.GetValueOrDefault("version") == Version && Digest.TryParse(values.GetValueOrDefault("diffid"), out var diffId)
            ? new LayerRecord(
                diffId,
                values.GetValueOrDefault("leans") == "1",
                values.GetValueOrDefault("root") == "1",
                values.GetValueOrDefault("plainroot") == "1",
                Number(values, "size"),
                Number(values, "entries"))
            {
                CopyOf = values.GetValueOrDefault("copyof"),
                Owners = values.GetValueOrDefault("owners"),
            }
            : null;
    }

    private static long Number(Dictionary<string, string> values, string key) =>
        long.TryParse(values.GetValueOrDefault(key), NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value : 0;
}
