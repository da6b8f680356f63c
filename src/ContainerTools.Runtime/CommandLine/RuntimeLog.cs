using System.Globalization;
using System.Text;
using System.Text.Json;
using ContainerTools.Engine;
using ContainerTools.Linux;
using ContainerTools.Linux.Files;

namespace ContainerTools.Runtime.CommandLine;

/// <summary>Appends lines to the log that the command line names.</summary>
internal static class RuntimeLog
{
    private static string Now => DateTimeOffset.UtcNow.ToString("yyyy-MM-ddTHH:mm:ss.fffffffZ", CultureInfo.InvariantCulture);

    /// <summary>Makes the log, unless it is there.</summary>
    /// <exception cref="CommandException">It cannot be written: what goes wrong later would be told to nobody.</exception>
    public static void Open(string path)
    {
        var fd = FileCalls.OpenAt(FileCalls.WorkingDirectory, PathBytes.Terminated(path), OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Append, 0x1a4 /* 0644 */);
        if (fd < 0)
            throw new CommandException($"The log '{path}' cannot be written: {LinuxException.Describe(-fd)}.");
        _ = FileCalls.Close(fd);
    }

    /// <summary>Warns of what does not keep the command from going on: in the log, or where there is none on standard error, which may be the container's.</summary>
    public static void Warn(GlobalOptions options, string message)
    {
        if (options.Log is not null)
            Write(options, "warning", message);
        else
            StandardStreams.Error($"ctrun: warning: {message}\n");
    }

    /// <summary>Appends a line to the log, which there is.</summary>
    public static void Write(GlobalOptions options, string level, string message, ContainerToolsException? cause = null)
    {
        try
        {
            File.AppendAllText(options.Log!, options.LogJson ? JsonLine(level, message, cause) : TextLine(level, message));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            StandardStreams.Error($"ctrun: the log '{options.Log}' cannot be written: {e.Message}\n");
        }
    }

    private static string TextLine(string level, string message) =>
        $"time=\"{Now}\" level={level} msg=\"{message.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).ReplaceLineEndings("\\n")}\"\n";

    // The form that engines parse to show a runtime's error as their own.
    private static string JsonLine(string level, string message, ContainerToolsException? cause)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("level", level);
            writer.WriteString("msg", message);
            if (cause is not null)
            {
                writer.WriteString("errorId", cause.ErrorId);
                writer.WriteString("kind", cause.Kind.ToString());
            }
            writer.WriteString("time", Now);
            writer.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.ToArray()) + "\n";
    }
}
