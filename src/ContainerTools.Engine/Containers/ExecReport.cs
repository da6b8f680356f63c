using System.Text.Json;

namespace ContainerTools.Engine.Containers;

/// <summary>What a runtime writes to its <c>--log</c> when a command could not be run: JSON lines, in which ours names the error.</summary>
internal static class ExecReport
{
    /// <summary>Throws what the log says went wrong; returns if it holds no error.</summary>
    public static void Throw(string log, string containerName, ExecOptions options)
    {
        foreach (string line in log.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            try
            {
                using var document = JsonDocument.Parse(line);
                string? level = Text(document, "level"), message = Text(document, "msg"), errorId = Text(document, "errorId");
                if (level is not ("error" or "fatal") || message is null)
                    continue;
                var kind = Enum.TryParse(Text(document, "kind"), out ErrorKind parsed) ? parsed : ErrorKind.Internal;
                throw new ContainerToolsException(errorId ?? Guess(message), errorId is null ? ErrorKind.Internal : kind, message, options.Command.Count > 0 ? options.Command[0] : containerName);
            }
            catch (JsonException)
            {
                // Another runtime's words of another kind.
            }
        }
    }

    private static string? Text(JsonDocument document, string name) =>
        document.RootElement.ValueKind is JsonValueKind.Object && document.RootElement.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;

    private static string Guess(string message) =>
        message.Contains("not found", StringComparison.OrdinalIgnoreCase) || message.Contains("no such file", StringComparison.OrdinalIgnoreCase) ? "CommandNotFound" : "ContainerExecFailed";
}
