using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;

namespace ContainerTools.TestSupport;

/// <summary>
/// A token server for docker-registry (Docker's "Token Authentication Specification"): "writer" may pull and push, "reader" and whoever gives no name may
/// pull. Its password is "secret".
/// </summary>
public sealed class TokenServer : IDisposable
{
    private const string Issuer = "tests";
    private const string Service = "test-registry";

    private readonly TemporaryDirectory _directory = new("cttok");
    private readonly HttpListener _listener = new();
    private readonly RSA _key = RSA.Create(2048);
    private readonly X509Certificate2 _certificate;
    private readonly int _port;

    public TokenServer()
    {
        _certificate = new CertificateRequest("CN=Token Server", _key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(_directory["token.crt"], _certificate.ExportCertificatePem());
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            _port = ((IPEndPoint)probe.LocalEndpoint).Port;
        }
        _listener.Prefixes.Add($"http://localhost:{_port}/");
        _listener.Start();
        _ = Task.Run(ServeAsync);
    }

    /// <summary>The seconds that a token is said to be valid.</summary>
    public int Lifetime { get; set; } = 300;

    /// <summary>The scopes that were asked for.</summary>
    public ConcurrentQueue<string> Scopes { get; } = new();

    internal string RegistryConfiguration =>
        $"auth:\n  token:\n    realm: http://localhost:{_port}/token\n    service: {Service}\n    issuer: {Issuer}\n    rootcertbundle: {_directory["token.crt"]}\n";

    public void Dispose()
    {
        _listener.Close();
        _certificate.Dispose();
        _key.Dispose();
        _directory.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                Answer(await _listener.GetContextAsync());
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private void Answer(HttpListenerContext context)
    {
        string[] login = context.Request.Headers["Authorization"] is { } header
            ? Encoding.UTF8.GetString(Convert.FromBase64String(header["Basic ".Length..])).Split(':', 2)
            : ["", ""];
        var body = new JsonObject { ["errors"] = new JsonArray() };
        if (login is ["", ""] or ["writer" or "reader", "secret"])
        {
            body = new JsonObject { ["token"] = Issue(login[0], context.Request.QueryString.GetValues("scope") ?? []), ["expires_in"] = Lifetime };
        }
        else
        {
            context.Response.StatusCode = 401;
        }
        byte[] bytes = Encoding.UTF8.GetBytes(body.ToJsonString());
        context.Response.ContentType = "application/json";
        context.Response.OutputStream.Write(bytes);
        context.Response.Close();
    }

    private string Issue(string user, string[] scopes)
    {
        var access = new JsonArray();
        foreach (var scope in scopes.SelectMany(s => s.Split(' ')))
        {
            Scopes.Enqueue(scope);
            var parts = scope.Split(':');
            var actions = parts[^1].Split(',').Where(a => user == "writer" || a == "pull").Select(a => (JsonNode)a).ToArray();
            access.Add(new JsonObject { ["type"] = parts[0], ["name"] = string.Join(':', parts[1..^1]), ["actions"] = new JsonArray(actions) });
        }
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var head = new JsonObject { ["typ"] = "JWT", ["alg"] = "RS256", ["x5c"] = new JsonArray(Convert.ToBase64String(_certificate.RawData)) };
        var claims = new JsonObject
        {
            ["iss"] = Issuer,
            ["sub"] = user,
            ["aud"] = Service,
            ["exp"] = now + Lifetime,
            ["nbf"] = now - 60,
            ["iat"] = now - 60,
            ["jti"] = $"{Guid.NewGuid():N}",
            ["access"] = access,
        };
        var text = $"{Encode(head.ToJsonString())}.{Encode(claims.ToJsonString())}";
        return $"{text}.{Encode(_key.SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}";
    }

    private static string Encode(string text) => Encode(Encoding.UTF8.GetBytes(text));

    private static string Encode(byte[] data) => System.Buffers.Text.Base64Url.EncodeToString(data);
}
