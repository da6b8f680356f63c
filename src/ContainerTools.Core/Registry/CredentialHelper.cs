using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using ContainerTools.Engine;
using ContainerTools.Oci;

namespace ContainerTools.Core.Registry;

/// <summary>
/// A program that keeps credentials, <c>docker-credential-NAME</c>. It is called with <c>get</c>, <c>store</c> or <c>erase</c>, reads the registry's key (or
/// what to store, as JSON) from its standard input, and answers on its standard output (Docker's credential-helper protocol).
/// </summary>
internal sealed class CredentialHelper(string name)
{
    private const string TokenUser = "<token>";
    private const int MaxMessage = 300;

    // It may ask its user for a password.
    private static readonly TimeSpan patience = TimeSpan.FromMinutes(2);

    internal string Program { get; } = $"docker-credential-{name}";

    /// <summary>The credential kept for a key; null when there is none.</summary>
    internal async Task<RegistryCredential?> GetAsync(string key, string config, CancellationToken ct)
    {
        var (exitCode, output) = await RunAsync("get", key, config, ct);
        if (exitCode != 0)
        {
            return IsNotFound(output) ? null : throw Failed("get", config, Describe(exitCode, output, null));
        }

        HelperCredential? found;
        try
        {
            found = JsonSerializer.Deserialize(output, OciJson.Default.HelperCredential);
        }
        catch (JsonException e)
        {
            // Not what it wrote: that may hold the secret.
            throw Failed("get", config, "it did not answer with JSON", e);
        }

        return (found?.UserName, found?.Secret) switch
        {
            (_, null or "") or (null, _) => null,
            (TokenUser, var token) => new RegistryCredential(TokenUser, "", token),
            (var user, var password) => new RegistryCredential(user, password),
        };
    }

    /// <summary>Keeps a credential.</summary>
    internal async Task StoreAsync(string key, RegistryCredential credential, string config, CancellationToken ct)
    {
        var entry = new HelperCredential { ServerUrl = key, UserName = credential.UserName, Secret = credential.Password };
        var (exitCode, output) = await RunAsync("store", JsonSerializer.Serialize(entry, OciJson.Default.HelperCredential), config, ct);
        if (exitCode != 0)
        {
            throw Failed("store", config, Describe(exitCode, output, credential.Password));
        }
    }

    /// <summary>Forgets a credential. Returns whether there was one.</summary>
    internal async Task<bool> EraseAsync(string key, string config, CancellationToken ct)
    {
        bool known = await GetAsync(key, config, ct) is not null;
        var (exitCode, output) = known ? await RunAsync("erase", key, config, ct) : (0, "");
        return exitCode == 0 || IsNotFound(output) ? known : throw Failed("erase", config, Describe(exitCode, output, null));
    }

    private async Task<(int ExitCode, string Output)> RunAsync(string action, string input, string config, CancellationToken ct)
    {
        if (name.AsSpan().ContainsAny("/\\ \0") || name.StartsWith('.'))
        {
            throw Failed(action, config, "that is not a program's name");
        }

        var start = new ProcessStartInfo(Program, [action])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            StandardOutputEncoding = Encoding.UTF8,
        };
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        stop.CancelAfter(patience);
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw Failed(action, config, $"it cannot be started: {e.Message}", e);
        }

        using (process)
        {
            try
            {
                var output = process.StandardOutput.ReadToEndAsync(stop.Token);
                var error = process.StandardError.ReadToEndAsync(stop.Token);
                await WriteAsync(process.StandardInput, input);
                await process.WaitForExitAsync(stop.Token);
                string said = await output;
                return (process.ExitCode, said.Length > 0 || process.ExitCode == 0 ? said : await error);
            }
            catch (OperationCanceledException e)
            {
                process.Kill(entireProcessTree: true);
                ct.ThrowIfCancellationRequested();
                throw Failed(action, config, $"it did not end within {patience.TotalSeconds} seconds", e);
            }
        }
    }

    private static async Task WriteAsync(StreamWriter writer, string text)
    {
        try
        {
            await writer.WriteAsync(text);
            writer.Close();
        }
        catch (IOException)
        {
            // It ended without reading: its exit code tells the story.
        }
    }

    // The words are part of the protocol, as the exit code says nothing.
    private static bool IsNotFound(string output) => output.Contains("credentials not found", StringComparison.OrdinalIgnoreCase);

    private static string Describe(int exitCode, string output, string? secret)
    {
        string text = string.IsNullOrEmpty(secret) ? output : output.Replace(secret, "***", StringComparison.Ordinal);
        text = new([.. text.Trim().Where(static c => !char.IsControl(c)).Take(MaxMessage)]);
        return text.Length == 0 ? $"it ended with exit code {exitCode}" : $"it ended with exit code {exitCode} and said: {text}";
    }

    private ContainerToolsException Failed(string action, string config, string why, Exception? inner = null) => new("CredentialHelperFailed", ErrorKind.Unavailable,
        $"The credential helper '{Program}', which '{config}' names, could not {action} a credential: {why}. Install or repair it, take it out of the file, or give a credential.", Program, inner);
}
