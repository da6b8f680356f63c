using System.Text.Json;
using ContainerTools.Engine.Store;

namespace ContainerTools.Core.Images;

/// <summary>Reads what the containers of a store need.</summary>
internal static class ContainerUses
{
    private const string RecordName = "container.json";

    /// <summary>All containers, also those being made. One whose record cannot be read needs nothing that could be told.</summary>
    internal static IReadOnlyList<ContainerUse> Read(StorePaths paths)
    {
        var uses = new List<ContainerUse>();
        if (!Directory.Exists(paths.Containers))
        {
            return uses;
        }

        foreach (string directory in Directory.EnumerateDirectories(paths.Containers))
        {
            try
            {
                using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(directory, RecordName)));
                var root = document.RootElement;
                uses.Add(new ContainerUse(
                    Text(root, "name"),
                    Text(root, "imageId"),
                    root.TryGetProperty("layerKeys", out var keys) && keys.ValueKind == JsonValueKind.Array
                        ? [.. keys.EnumerateArray().Where(static k => k.ValueKind == JsonValueKind.String).Select(static k => k.GetString()!)]
                        : []));
            }
            catch (Exception e) when (e is IOException or JsonException or InvalidOperationException)
            {
                // Being made or being removed at this moment, or damaged.
            }
        }

        return uses;
    }

    private static string Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
}
