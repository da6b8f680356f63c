using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ContainerTools.Engine;
using ContainerTools.Engine.Store;
using ContainerTools.Linux.Files;

namespace ContainerTools.Core.Registry;

/// <summary>
/// Keeps logins where docker does: in its <c>config.json</c>, or in the credential helper that the file names. What else is in the file stays. It is
/// replaced whole, and only its owner may read it.
/// </summary>
public sealed class RegistryLogins
{
    private const string AuthsKey = "auths";
    private static readonly JsonSerializerOptions indented = new() { WriteIndented = true, IndentCharacter = '\t', IndentSize = 1 };

    private readonly string path;

    /// <summary>Uses a file; it need not be there yet.</summary>
    /// <param name="path">The file; null for docker's own.</param>
    public RegistryLogins(string? path = null)
    {
        // A link to where somebody keeps their settings stays one.
        path ??= DockerCredentials.DockerConfigPath;
        this.path = File.Exists(path) && File.ResolveLinkTarget(path, returnFinalTarget: true) is { } target ? target.FullName : path;
    }

    /// <summary>The registries that there is a login for, as far as the file tells.</summary>
    /// <exception cref="ContainerToolsException"><c>CredentialFileInvalid</c>.</exception>
    public IReadOnlyList<string> List() => [.. (DockerCredentials.Read(path).Auths?.Keys ?? []).Select(RegistryKeys.Normalize).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>Keeps a login, instead of one that is there.</summary>
    /// <param name="registry">The registry: host, with port.</param>
    /// <param name="credential">User and password.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>What was stored where.</returns>
    /// <exception cref="ContainerToolsException"><c>CredentialFileInvalid</c>, <c>CredentialHelperFailed</c>, <c>StoreWriteFailed</c>, <c>StorageFull</c>.</exception>
    public async Task<RegistryLogin> SaveAsync(string registry, RegistryCredential credential, CancellationToken ct)
    {
        ArgumentException.ThrowIfNullOrEmpty(registry);
        ArgumentNullException.ThrowIfNull(credential);
        using var guard = await LockAsync(ct);
        var helper = DockerCredentials.HelperFor(DockerCredentials.Read(path), registry);
        var entry = new JsonObject();
        if (helper is null)
        {
            entry["auth"] = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credential.UserName}:{credential.Password}"));
        }
        else
        {
            await helper.StoreAsync(RegistryKeys.Of(registry), credential, path, ct);
        }

        Change(auths =>
        {
            RemoveEntries(auths, registry);
            auths[RegistryKeys.Of(registry)] = entry;
        });
        return new RegistryLogin(registry, credential.UserName, helper?.Program ?? path) { IsEncrypted = helper is not null };
    }

    /// <summary>Forgets a login. Returns whether there was one.</summary>
    /// <exception cref="ContainerToolsException"><c>CredentialFileInvalid</c>, <c>CredentialHelperFailed</c>, <c>StoreWriteFailed</c>, <c>StorageFull</c>.</exception>
    public async Task<bool> RemoveAsync(string registry, CancellationToken ct)
    {
        ArgumentException.ThrowIfNullOrEmpty(registry);
        if (!File.Exists(path))
        {
            return false;
        }

        using var guard = await LockAsync(ct);
        var file = DockerCredentials.Read(path);
        bool found = DockerCredentials.HelperFor(file, registry) is { } helper && await helper.EraseAsync(RegistryKeys.Of(registry), path, ct);
        if (file.Auths?.Keys.Any(k => RegistryKeys.Normalize(k) == registry) == true)
        {
            found = true;
            Change(auths => RemoveEntries(auths, registry));
        }

        return found;
    }

    private static void RemoveEntries(JsonObject auths, string registry)
    {
        foreach (string key in auths.Select(static a => a.Key).Where(k => RegistryKeys.Normalize(k) == registry).ToList())
        {
            auths.Remove(key);
        }
    }

    private void Change(Action<JsonObject> change)
    {
        JsonObject root;
        try
        {
            root = File.Exists(path) && File.ReadAllBytes(path) is { Length: > 0 } data
                ? JsonNode.Parse(data) as JsonObject ?? throw new JsonException("It is not an object.")
                : [];
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw DockerCredentials.Invalid(path, e);
        }

        if (root[AuthsKey] is not JsonObject auths)
        {
            root[AuthsKey] = auths = [];
        }

        change(auths);
        AtomicFile.Write(path, Encoding.UTF8.GetBytes(root.ToJsonString(indented) + "\n"));
    }

    // Of two shells that change the file at once, the second must see what the first has written. The lock is the directory's, to leave no file behind.
    private async Task<IDisposable> LockAsync(CancellationToken ct)
    {
        string directory = Path.GetDirectoryName(Path.GetFullPath(path))!;
        try
        {
            if (!Directory.Exists(directory))
            {
                Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }

            var handle = FileCalls.Open(directory, OpenFlags.ReadOnly | OpenFlags.Directory);
            while (!AdvisoryLock.TryAcquire(handle, exclusive: true))
            {
                await Task.Delay(20, ct);
            }

            return handle;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw ContainerToolsException.FromIO(e, "CredentialStoreUnusable", $"'{directory}', where logins are kept, cannot be used", directory);
        }
    }
}
